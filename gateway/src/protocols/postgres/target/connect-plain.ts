import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** What every socket reads into: each read is copied out of it before the next. As large as Node's own reads. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Connects without TLS, for a stream of short messages. Node would allocate 64 KiB for each read to give most of it back,
 * and after each chunk look whether there is more to ask for; for a short answer both cost more than relaying it.
 * Otherwise the socket is as any: what comes while it is paused waits in it, and holds up the sender.
 */
export function connectPlain(options: TcpNetConnectOpts): Socket {
  const onRead = (size: number): boolean => {
    const chunk = Buffer.from(READ.subarray(0, size));
    // As Readable does with what comes while it flows, but for looking for more: reading goes on by itself.
    if (socket.readableFlowing !== true || socket.readableLength > 0) return socket.push(chunk);
    socket.emit('data', chunk);
    return true;
  };
  const socket = connect({ ...options, onread: { buffer: READ, callback: onRead } });
  return socket;
}
