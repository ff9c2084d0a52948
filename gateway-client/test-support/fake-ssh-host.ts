import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { createWebSocketStream, type WebSocket } from 'ws';

/** The gateway's side of SSH, for the client's tests: admits the key that the tunnel names, and runs commands here. */
export interface FakeSshHost {
  /** As `Me.gateway.sshHostKey`. */
  readonly hostKey: string;
  /** Commands that were run, and `(shell)`. */
  readonly commands: string[];
  readonly connections: Set<Connection>;
  /** For `FakeGateway.onTunnel`. */
  serve(socket: WebSocket, url: URL): void;
  /** Ends what still runs. */
  stop(): void;
}

/** Debian's; other systems keep it elsewhere. */
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';

/** @param folder where commands run */
export function fakeSshHost(folder: string): FakeSshHost {
  const key = ssh2.utils.generateKeyPairSync('ed25519');
  const commands: string[] = [];
  const connections = new Set<Connection>();
  const children = new Set<ChildProcessWithoutNullStreams>();
  const run = (channel: ServerChannel, file: string, args: readonly string[]) => {
    const child = spawn(file, args, { cwd: folder });
    children.add(child);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once('close', (code) => {
      children.delete(child);
      channel.exit(code ?? 1);
      channel.end();
    });
  };
  const serve = (socket: WebSocket, url: URL) => {
    const clientKey = url.searchParams.get('clientKey') ?? '';
    const server = new ssh2.Server({ hostKeys: [key.private] }, (connection) => {
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      connection.on('error', () => undefined);
      connection.on('authentication', (attempt) => {
        const parsed = ssh2.utils.parseKey(clientKey);
        if (attempt.method !== 'publickey' || parsed instanceof Error) return attempt.reject(['publickey']);
        if (!attempt.key.data.equals(parsed.getPublicSSH())) return attempt.reject(['publickey']);
        if (attempt.signature && attempt.blob && parsed.verify(attempt.blob, attempt.signature) !== true)
          return attempt.reject(['publickey']);
        attempt.accept();
      });
      connection.on('ready', () =>
        connection.on('session', (accept) => {
          const session = accept();
          session.on('pty', (yes) => yes?.());
          // Settings that are asked without wanting an answer have no way to give one.
          session.on('env', (_yes, no) => no?.());
          session.on('exec', (yes, _no, { command }) => {
            commands.push(command);
            run(yes(), 'sh', ['-c', command]);
          });
          session.on('shell', (yes) => {
            commands.push('(shell)');
            run(yes(), 'sh', []);
          });
          // Subsystems other than SFTP's are refused; ssh2 hands that one out as packets unless it is taken here.
          session.on('subsystem', (yes, no, { name }) =>
            name === 'sftp' ? run(yes(), SFTP_SERVER, []) : no(),
          );
        }),
      );
    });
    const stream = createWebSocketStream(socket);
    stream.on('error', () => undefined);
    server.injectSocket(stream as never);
  };
  return {
    hostKey: key.public.split(' ').slice(0, 2).join(' '),
    commands,
    connections,
    serve,
    stop: () => {
      for (const connection of connections) connection.end();
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
