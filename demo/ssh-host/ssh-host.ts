import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type Session } from 'ssh2';
import { homeFolder } from './home-folder.ts';
import { hostKeys } from './host-keys.ts';
import { serveFiles } from './serve-files.ts';
import { runShell, type ShellProcess, type Terminal, terminalOf } from './shell-process.ts';

/** The demo's SSH host: a real shell in a folder of its own. Nobody gets in without the key that the gateway holds. */
export interface SshHost {
  readonly host: string;
  readonly port: number;
  /** As in known_hosts, without a name. */
  readonly hostKey: string;
  /** Values of the environment variables that `documents/resources.yaml` names. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly home: string;
  stop(): Promise<void>;
}

const USER = 'deploy';

/** Starts it in this process, on the loopback; the first start in a folder makes keys and home. */
export async function startSshHost(options: { folder: string; port: number }): Promise<SshHost> {
  const keys = await hostKeys(options.folder);
  const home = await homeFolder(join(options.folder, 'home'));
  const login = ssh2.utils.parseKey(keys.login.public);
  if (login instanceof Error) throw login;
  const mayEnter = (attempt: AuthContext): boolean =>
    attempt.username === USER &&
    attempt.method === 'publickey' &&
    attempt.key.data.equals(login.getPublicSSH()) &&
    (attempt.signature === undefined ||
      login.verify(attempt.blob ?? Buffer.alloc(0), attempt.signature) === true);

  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [keys.host.private] }, (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.once('close', () => clients.delete(client));
    client.on('authentication', (attempt) => {
      if (mayEnter(attempt)) attempt.accept();
      else attempt.reject(['publickey']);
    });
    client.on('session', (accept) => serveSession(accept(), home));
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    hostKey: keys.host.public,
    secrets: { BUILD_BOX_KEY: keys.login.private },
    home,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.end();
      await closed;
    },
  };
}

function serveSession(session: Session, home: string): void {
  let terminal: Terminal | undefined;
  let shell: ShellProcess | undefined;
  const run = (channel: ServerChannel, command?: string) => {
    shell = runShell({ home, channel, command, terminal });
  };
  session.on('pty', (accept, _reject, info) => {
    terminal = terminalOf(info);
    accept?.();
  });
  session.on('window-change', (accept, _reject, { cols, rows }) => {
    shell?.resize(cols, rows);
    accept?.();
  });
  session.on('signal', (accept, _reject, { name }) => {
    shell?.signal(name);
    accept?.();
  });
  session.on('shell', (accept) => run(accept()));
  session.on('exec', (accept, _reject, { command }) => run(accept(), command));
  session.on('sftp', (accept) => serveFiles(accept(), home));
}
