import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { serialize } from 'pg-protocol';
import { readErrorFields } from '../../gateway/src/protocols/postgres/codec/error-fields.ts';
import { backendLimits } from '../../gateway/src/protocols/postgres/codec/frame-limits.ts';
import { FrameSource } from '../../gateway/src/protocols/postgres/codec/frame-source.ts';
import { SignIn } from '../../gateway/src/protocols/postgres/target/sign-in.ts';

/** A message as a test reads it: its type's letter, and what is in it. */
export interface RawMessage {
  readonly type: string;
  readonly frame: Buffer;
}

/** A PostgreSQL client that says exactly what a test wants. */
export class RawPostgres {
  readonly socket: Socket;
  #frames: FrameSource | undefined;
  processId = 0;
  secret: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<RawPostgres> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawPostgres(socket);
  }

  /** Connects and signs in. To a database itself it has to bring what that asks for. */
  static async ready(
    port: number,
    credential: { username: string; password: string; database: string } = {
      username: 'alice',
      password: '',
      database: '',
    },
  ): Promise<RawPostgres> {
    const client = await RawPostgres.connect(port);
    client.socket.write(serialize.startup({ user: credential.username, database: credential.database }));
    const messages: RawMessage[] = [];
    client.#frames = new FrameSource(client.socket, backendLimits);
    const signIn = new SignIn(
      { ...credential, protocol: 'postgres', host: '127.0.0.1', port, tls: 'disable' },
      client.socket,
    );
    for (let message = await client.next(); message.type !== 'Z'; message = await client.next()) {
      if (message.type === 'R') await signIn.answer(message.frame);
      messages.push(message);
    }
    const key = messages.find(({ type }) => type === 'K')?.frame ?? Buffer.alloc(0);
    client.processId = key.readInt32BE(5);
    client.secret = key.subarray(9);
    return client;
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  async next(): Promise<RawMessage> {
    this.#frames ??= new FrameSource(this.socket, backendLimits);
    const frame = await this.#frames.next();
    return { type: String.fromCharCode(frame[0] ?? 0), frame };
  }

  /** All messages up to and with the first of this type. */
  async until(type: string): Promise<RawMessage[]> {
    const messages: RawMessage[] = [];
    for (;;) {
      const message = await this.next();
      messages.push(message);
      if (message.type === type) return messages;
    }
  }

  /** Types of the messages up to ReadyForQuery with its state, e.g. `1 2 D C Z:I`. */
  async answer(): Promise<string> {
    return (await this.until('Z')).map(describe).join(' ');
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Type and what matters most: the state of Z, the code of E. */
export function describe({ type, frame }: RawMessage): string {
  if (type === 'Z') return `Z:${String.fromCharCode(frame[5] ?? 0)}`;
  if (type === 'E') return `E:${errorOf(frame).get('C') ?? ''}`;
  return type;
}

export const errorOf = (frame: Buffer) => readErrorFields(frame, 0, frame.length);

/** Text values of a DataRow. */
export function valuesOf(frame: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 7;
  for (let left = frame.readUInt16BE(5); left > 0; left -= 1) {
    const length = frame.readInt32BE(at);
    values.push(length < 0 ? null : frame.toString('utf8', at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  return values;
}
