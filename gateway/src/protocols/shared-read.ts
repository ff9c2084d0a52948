import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** Sockets of which the listeners take what they are given before they return. */
const LENT = new WeakSet<object>();

/**
 * Connects without TLS, for a stream of many chunks. Node would allocate 64 KiB for each read, mostly to give them back,
 * and after each chunk look whether there is more to ask for. Here every read goes into `into`, which all sockets can
 * share, and is copied out of it before the next. Otherwise the socket is as any: what comes while it is paused waits in
 * it, and holds up the sender.
 */
export function connectReadingInto(into: Uint8Array, options: TcpNetConnectOpts): Socket {
  const onRead = (size: number): boolean => {
    const view = Buffer.from(into.buffer, into.byteOffset, size);
    // As Readable does with what comes while it flows, but for looking for more: reading goes on by itself.
    if (socket.readableFlowing !== true || socket.readableLength > 0) return socket.push(Buffer.from(view));
    socket.emit('data', LENT.has(socket) ? view : Buffer.from(view));
    return true;
  };
  const socket = connect({ ...options, onread: { buffer: into, callback: onRead } });
  return socket;
}

/**
 * From now on listeners of such a socket are shown the buffer itself, while it flows: what they don't take before they
 * return is overwritten. Does nothing to other sockets.
 */
export function lendReads(socket: object): void {
  LENT.add(socket);
}
