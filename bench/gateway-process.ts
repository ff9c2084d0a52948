import '../demo/library-notices.ts';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { AccessTokens, ApiClient, FileTokenStore, signIn } from '@drawbridge/gateway-client';
import { stringify } from 'yaml';
import { driveSignIn } from '../demo/drive-sign-in.ts';
import { startIdentityProvider } from '../demo/identity-provider/identity-provider.ts';
import { StablePorts } from '../demo/stable-ports.ts';
import { loadConfig } from '../gateway/src/config/load-config.ts';
import { startGateway } from '../gateway/src/gateway.ts';
import { createLogger } from '../gateway/src/observe/logger.ts';
import type { SshTarget } from './ssh-target.ts';

/**
 * A real gateway with policy, analysis, masking and recording on, and beside its tunnel a plain TCP port whose
 * connections are Alice's sessions: what a native listener will be, and what is measured against the bare pipe.
 * `tsx gateway-process.ts FOLDER TARGET-URL SSH-TARGET`; prints one line of JSON when ready, ends with its standard input.
 */
const [folder = '', targetUrl = '', sshTargetJson = ''] = argv.slice(2);
const target = new URL(targetUrl);
const sshTarget = JSON.parse(sshTargetJson) as SshTarget;

const resource = (name: string, env: string) => ({
  kind: 'Resource',
  name,
  protocol: 'postgres',
  labels: { env },
  target: {
    host: target.hostname,
    port: Number(target.port),
    database: target.pathname.slice(1),
    tls: 'disable',
  },
  profiles: {
    read: {
      credential: { username: target.username, password: { env: 'BENCH_TARGET_PASSWORD' } },
      allow: ['sql.read', 'sql.session', 'sql.copy'],
      maxDuration: '8h',
    },
  },
});
const sshResource = (name: string) => ({
  kind: 'Resource',
  name,
  protocol: 'ssh',
  labels: { env: 'plain' },
  target: { host: '127.0.0.1', port: sshTarget.port, hostKeys: [sshTarget.hostKey] },
  profiles: {
    read: {
      credential: { username: sshTarget.username, privateKey: { value: sshTarget.privateKey } },
      allow: ['ssh.shell', 'ssh.exec', 'ssh.unanalyzable'],
      maxDuration: '8h',
    },
  },
});
const documents = [
  resource('plain-db', 'plain'),
  resource('masked-db', 'masked'),
  sshResource('plain-host'),
  sshResource('masked-host'),
  {
    kind: 'DataRule',
    name: 'on-screen',
    resources: { names: ['masked-host'] },
    text: ['card', 'email', 'iban', 'token', 'private-key'].map((detect) => ({ detect, mask: 'full' })),
  },
  {
    kind: 'DataRule',
    name: 'pii',
    resources: { labels: { env: 'masked' } },
    columns: [
      { column: 'public.people.ssn', mask: 'last4' },
      { column: 'public.people.email', mask: 'email' },
    ],
  },
  {
    kind: 'Policy',
    name: 'engineering',
    cedar:
      'permit (principal in Group::"engineering", action in [Action::"access.request", Action::"access.connect", Action::"sql", Action::"ssh"], resource);',
  },
];

const identityProvider = await startIdentityProvider({ port: 0 });
const port = await (await StablePorts.open(join(folder, 'ports.json'))).take('gateway');
await writeFile(
  join(folder, 'documents.yaml'),
  documents.map((document) => stringify(document)).join('---\n'),
);
await writeFile(
  join(folder, 'gateway.yaml'),
  stringify({
    listen: { port },
    data: 'gateway',
    identity: {
      issuer: identityProvider.issuer,
      clientId: identityProvider.clientId,
      clientSecret: { value: identityProvider.clientSecret },
    },
    bootstrap: ['documents.yaml'],
    log: { level: 'warn' },
  }),
);
const env = { ...process.env, BENCH_TARGET_PASSWORD: decodeURIComponent(target.password) };
const config = loadConfig(join(folder, 'gateway.yaml'), env);
const gateway = await startGateway({ config, env, logger: createLogger(config.log.level) });

const signedIn = await signIn({ gateway: gateway.url, openBrowser: (url) => driveSignIn(url, 'alice') });
const store = new FileTokenStore(join(folder, 'home'));
await store.write(signedIn);
const tokens = new AccessTokens({ gateway: signedIn.gateway, store });
const api = new ApiClient({ gateway: signedIn.gateway, tokens });
for (const name of ['plain-db', 'masked-db', 'plain-host', 'masked-host']) {
  await api.call('createRequest', {
    body: { resource: name, profile: 'read', duration: 8 * 3600, reason: 'bench' },
  });
}
const caller = await gateway.authenticate(`Bearer ${await tokens.token()}`);

const listen = (name: string, clientKey?: string) =>
  new Promise<number>((resolve) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      gateway.sessions
        .open({
          user: caller.user,
          signInId: caller.signInId,
          resource: name,
          profile: 'read',
          address: socket.remoteAddress,
          clientKey,
        })
        .then((run) => run(socket))
        .catch((error: unknown) => {
          process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
          socket.destroy();
        });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
    });
  });

const ready = {
  plain: await listen('plain-db'),
  masked: await listen('masked-db'),
  host: await listen('plain-host', sshTarget.clientKey),
  maskedHost: await listen('masked-host', sshTarget.clientKey),
  url: gateway.url,
  home: store.home,
  pid: process.pid,
};
stdout.write(`${JSON.stringify(ready)}\n`);
process.stdin.resume().once('end', async () => {
  await gateway.close();
  await identityProvider.close();
  process.exit();
});
