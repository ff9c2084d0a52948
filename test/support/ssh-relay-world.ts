import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import ssh2, {
  type Algorithms,
  type Client,
  type ClientChannel,
  type ConnectConfig,
  type Connection,
  type ExecOptions,
  type Session,
} from 'ssh2';
import { type Clock, systemClock } from '../../gateway/src/clock.ts';
import { SshServer, type SshServerParts } from '../../gateway/src/protocols/ssh/serve-ssh.ts';
import type { SessionEnd, SshTargetCredential } from '../../gateway/src/sessions/session.ts';
import { makeSshKey, type SshKey } from './ssh-key.ts';
import { SshSession, type SshSessionOptions } from './ssh-relay-session.ts';

export interface TargetHost {
  readonly credential: SshTargetCredential;
  /** Connections in the order they came. */
  readonly connections: Connection[];
  readonly sockets: Socket[];
  close(): void;
}

/** An SSH server in this process that does with each of its sessions what the test says. */
export async function startTargetHost(
  behave: (session: Session) => void,
  algorithms: Algorithms = {},
): Promise<TargetHost> {
  const hostKey = await makeSshKey();
  const connections: Connection[] = [];
  const sockets: Socket[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey], algorithms }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      if (context.method === 'password' && context.password === 'pencil-secret') context.accept();
      else context.reject(['password']);
    });
    connection.on('session', (accept) => behave(accept()));
  });
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    server.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    credential: {
      protocol: 'ssh',
      host: '127.0.0.1',
      port,
      hostKeys: [hostKey.publicKey],
      username: 'deploy',
      login: { kind: 'password', password: 'pencil-secret' },
    },
    connections,
    sockets,
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

export interface SshWorld {
  readonly port: number;
  /** Sessions in the order they were accepted. */
  readonly sessions: SshSession[];
  readonly ends: Promise<SessionEnd>[];
  /** What the client's key is; each session of this world demands it. */
  readonly clientKey: SshKey;
  /** A client that is signed in, and its session. */
  signIn(config?: ConnectConfig): Promise<{ client: Client; session: SshSession; end: Promise<SessionEnd> }>;
  /** A client of which the connection is the test's affair. */
  client(config?: ConnectConfig): Client;
  /** A bare connection to the gateway. */
  socket(): Socket;
  close(): Promise<void>;
}

/** The gateway's SSH server on a plain TCP port: each connection is a session of its own. */
export async function startSshWorld(
  credential: SshTargetCredential,
  options: { session?: SshSessionOptions; clock?: Clock; dial?: SshServerParts['dial'] } = {},
): Promise<SshWorld> {
  const clientKey = await makeSshKey();
  const protocol = new SshServer({
    clock: options.clock ?? systemClock,
    maskingKey: Buffer.alloc(32, 7),
    hostKey: generateKeyPairSync('ed25519').privateKey,
    ...(options.dial && { dial: options.dial }),
  });
  const sessions: SshSession[] = [];
  const ends: Promise<SessionEnd>[] = [];
  const accepted = new Set<Socket>();
  const dialled = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    accepted.add(socket);
    const session = new SshSession(credential, { clientKey: clientKey.publicKey, ...options.session });
    sessions.push(session);
    ends.push(protocol.accept(socket, session));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = () => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true });
    dialled.add(opened);
    opened.on('error', () => undefined);
    return opened;
  };
  const client = ({ sock = socket(), ...config }: ConnectConfig = {}) => {
    const made = new ssh2.Client();
    made.on('error', () => undefined);
    made.connect({ sock, username: 'anyone', privateKey: clientKey.privateKey, readyTimeout: 0, ...config });
    return made;
  };
  return {
    port,
    sessions,
    ends,
    clientKey,
    client,
    socket,
    async signIn(config) {
      const made = client(config);
      await once(made, 'ready');
      const index = sessions.length - 1;
      const [session, end] = [sessions[index], ends[index]];
      if (session === undefined || end === undefined) throw new Error('no session');
      return { client: made, session, end };
    },
    async close() {
      server.close();
      for (const each of [...dialled, ...accepted]) each.destroy();
      await Promise.all(ends);
    },
  };
}

/** How a channel ended, and all that it said. */
export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Arguments of ssh2's `exit` event; empty where nothing was said. */
  readonly exit: readonly unknown[];
}

/** Reads a channel to its end; to be called before anything of it can have come. */
export function outcomeOf(channel: ClientChannel): Promise<Outcome> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  let exit: readonly unknown[] = [];
  channel.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  channel.on('exit', (...about: unknown[]) => {
    exit = about;
  });
  return new Promise((resolve) =>
    channel.once('close', () =>
      resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), exit }),
    ),
  );
}

/** A command that was begun. `outcome` reads it to its end. */
export interface Begun {
  readonly channel: ClientChannel;
  readonly outcome: Promise<Outcome>;
}

/** Begins a command; resolves once the gateway took it. */
export const begin = (client: Client, command: string, options: ExecOptions = {}): Promise<Begun> =>
  new Promise((resolve, reject) =>
    client.exec(command, options, (error, channel) =>
      error ? reject(error) : resolve({ channel, outcome: outcomeOf(channel) }),
    ),
  );

/** Runs a command to its end, without input. */
export async function run(client: Client, command: string): Promise<Outcome> {
  const { channel, outcome } = await begin(client, command);
  channel.end();
  return outcome;
}
