const CANCEL_REQUEST = 80_877_102;

/** BackendKeyData: what a CancelRequest names a connection by. */
export interface CancelKey {
  readonly processId: number;
  /** Four bytes, or more from protocol 3.2 on. */
  readonly secret: Buffer;
}

/** CancelRequest, which is sent on a connection of its own and isn't answered. */
export function cancelRequest({ processId, secret }: CancelKey): Buffer {
  const request = Buffer.alloc(12 + secret.length);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processId, 8);
  secret.copy(request, 12);
  return request;
}
