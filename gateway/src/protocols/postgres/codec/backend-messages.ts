import type { Refusal } from '../analysis/plan.ts';
import { writeErrorFields } from './error-fields.ts';
import { Backend } from './message-type.ts';

/** The newest minor version of protocol 3 that clients may speak here: 3.2, with cancel keys of more than 32 bits. */
export const NEWEST_MINOR = 2;

/** A frame of `type` around `body`. */
export function frameOf(type: number, body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(5 + body.length);
  frame.writeUInt8(type, 0);
  frame.writeInt32BE(4 + body.length, 1);
  body.copy(frame, 5);
  return frame;
}

export const authenticationOk = (): Buffer => frameOf(Backend.authentication, Buffer.alloc(4));

export const parameterStatus = (name: string, value: string): Buffer =>
  frameOf(Backend.parameterStatus, Buffer.from(`${name}\0${value}\0`));

export function backendKeyData(processId: number, secret: Buffer): Buffer {
  const pid = Buffer.allocUnsafe(4);
  pid.writeInt32BE(processId);
  return frameOf(Backend.backendKeyData, Buffer.concat([pid, secret]));
}

export const readyForQuery = (status: number): Buffer =>
  frameOf(Backend.readyForQuery, Buffer.from([status]));

/** @param unknown protocol options (`_pq_.…`) that are not understood. */
export function negotiateProtocolVersion(unknown: readonly string[]): Buffer {
  const head = Buffer.allocUnsafe(8);
  head.writeInt32BE((3 << 16) | NEWEST_MINOR, 0);
  head.writeInt32BE(unknown.length, 4);
  return frameOf(
    Backend.negotiateProtocolVersion,
    Buffer.concat([head, ...unknown.map((name) => Buffer.from(`${name}\0`))]),
  );
}

/** NotificationResponse. */
export function notificationResponse(processId: number, channel: string, payload: string): Buffer {
  const pid = Buffer.allocUnsafe(4);
  pid.writeInt32BE(processId);
  return frameOf(Backend.notificationResponse, Buffer.concat([pid, Buffer.from(`${channel}\0${payload}\0`)]));
}

/** An ErrorResponse of the gateway's own; its message begins with `drawbridge: `, so that nobody blames the database. */
export function errorResponse(severity: 'ERROR' | 'FATAL', error: Refusal): Buffer {
  const fields = new Map([
    ['S', severity],
    ['V', severity],
    ['C', error.sqlstate],
    ['M', `drawbridge: ${error.message}`],
  ]);
  if (error.hint !== undefined) fields.set('H', error.hint);
  if (error.position !== undefined) fields.set('P', String(error.position));
  return writeErrorFields(Backend.errorResponse, fields);
}
