import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { WebSocketBytes } from './web-socket-bytes.ts';

let server: WebSocketServer;
let client: WebSocket;
let stream: WebSocketBytes;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client, 'open');
  const [socket] = (await accepted) as [WebSocket];
  stream = new WebSocketBytes(socket);
});
afterEach(() => {
  client.terminate();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

describe('a WebSocket as a stream', () => {
  it('carries bytes both ways, and ends when the other side closes', async () => {
    client.send(Buffer.from('hello '));
    client.send(Buffer.from('there'));
    client.close(1000);
    expect((await buffer(stream)).toString()).toBe('hello there');
  });

  it('sends what was written together as one message', async () => {
    const received = once(client, 'message');
    stream.cork();
    stream.write('hello ');
    stream.write('there');
    stream.uncork();
    const [data] = (await received) as [Buffer];
    expect(data.toString()).toBe('hello there');
  });

  it('closes with the other side where nobody reads', async () => {
    stream.pause();
    client.send(Buffer.from('unread'));
    client.close(1000);
    await once(stream, 'close');
  });

  it('is over on both sides once its own last word is sent, without waiting for the other', async () => {
    const received = once(client, 'message');
    stream.end('goodbye');
    expect((await buffer(stream)).toString()).toBe('');
    expect(stream.writableFinished).toBe(true);
    const [data] = (await received) as [Buffer];
    expect(data.toString()).toBe('goodbye');
  });

  it('hears nothing that comes after that', async () => {
    stream.end();
    const heard = buffer(stream);
    client.send(Buffer.from('too late'));
    expect((await heard).length).toBe(0);
  });

  it('breaks at a text message', async () => {
    client.send('select 1');
    await expect(buffer(stream)).rejects.toThrow('binary messages only');
  });
});
