import type { Duplex } from 'node:stream';

/** Fields of an SFTP packet. */
export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
export const string = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([uint32(bytes.length), bytes]);
};
export const packet = (type: number, ...fields: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.of(type), ...fields]);
  return Buffer.concat([uint32(body.length), body]);
};

/** No attributes. */
export const NO_ATTRIBUTES = uint32(0);

const EVENTS = ['readable', 'end', 'close'] as const;

export interface RawPacket {
  readonly type: number;
  /** Of all but INIT and VERSION. */
  readonly id: number;
  /** After type and id. */
  readonly body: Buffer;
}

/** Cuts whole bytes into packets, without any of the gateway's code. */
export function packetsOf(bytes: Buffer): { packets: RawPacket[]; rest: Buffer } {
  const packets: RawPacket[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    packets.push({
      type: bytes[at + 4] ?? -1,
      id: end - at >= 9 ? bytes.readUInt32BE(at + 5) : -1,
      body: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return { packets, rest: bytes.subarray(at) };
}

/** One end of an SFTP channel, spoken by hand. */
export class RawSftp {
  readonly stream: Duplex;
  readonly #arrived: RawPacket[] = [];
  #rest = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('error', () => undefined);
  }

  send(...packets: readonly Buffer[]): void {
    this.stream.write(Buffer.concat(packets));
  }

  /** The next packet; rejects when the stream ends instead. */
  async next(): Promise<RawPacket> {
    for (;;) {
      const packet = this.#arrived.shift();
      if (packet !== undefined) return packet;
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) {
        const { packets, rest } = packetsOf(Buffer.concat([this.#rest, chunk]));
        this.#arrived.push(...packets);
        this.#rest = Buffer.from(rest);
      } else if (this.stream.readableEnded || this.stream.destroyed) throw new Error('the stream ended');
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const event of EVENTS) this.stream.off(event, done);
        resolve();
      };
      for (const event of EVENTS) this.stream.on(event, done);
    });
  }

  async ask(...request: readonly Buffer[]): Promise<RawPacket> {
    this.send(...request);
    return this.next();
  }
}

/** What a STATUS says. */
export function statusOf({ type, body }: RawPacket): { status: number; message: string } {
  if (type !== 101) throw new Error(`not a STATUS but ${type}`);
  const length = body.readUInt32BE(4);
  return { status: body.readUInt32BE(0), message: body.toString('utf8', 8, 8 + length) };
}

/** The handle in a HANDLE. */
export function handleOf({ type, body }: RawPacket): Buffer {
  if (type !== 102) throw new Error(`not a HANDLE but ${type}: ${body.toString('latin1')}`);
  return body.subarray(4, 4 + body.readUInt32BE(0));
}
