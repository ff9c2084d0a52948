import { connect, createServer } from 'node:net';
import { argv, stdout } from 'node:process';

/**
 * The yardstick: a process that does nothing but carry bytes between two sockets, as any proxy in Node must.
 * `tsx pipe-process.ts HOST PORT`; prints the port it listens on, ends with its standard input.
 */
const [host = '', port = ''] = argv.slice(2);

const server = createServer({ noDelay: true }, (client) => {
  const target = connect({ host, port: Number(port), noDelay: true });
  client.pipe(target);
  target.pipe(client);
  const end = () => {
    client.destroy();
    target.destroy();
  };
  for (const socket of [client, target]) socket.on('error', end).on('close', end);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object')
    stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
process.stdin.resume().once('end', () => process.exit());
