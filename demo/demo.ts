import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { startGatewayProcess } from './gateway-process.ts';
import { startIdentityProvider } from './identity-provider/identity-provider.ts';
import { placedResources } from './placed-resources.ts';
import { startSshHost } from './ssh-host/ssh-host.ts';
import { StablePorts } from './stable-ports.ts';
import { startTargetDatabase } from './target-database.ts';

/** A running demo: identity provider, target database and SSH host in this process' care, the gateway as a process of its own. */
export interface Demo {
  readonly url: string;
  readonly issuer: string;
  /** The folder with everything that outlives the demo. */
  readonly data: string;
  readonly pids: { readonly demo: number; readonly gateway: number };
  /** Connection string of the target's superuser, for tests that look behind the gateway. */
  targetUrl(database: string): string;
  /** The SSH host's home folder. */
  readonly sshHome: string;
  /** Resolves when a part ended by itself, with words for what happened. */
  readonly broken: Promise<string>;
  /** Ends every part, the last one first. */
  stop(): Promise<void>;
}

export interface DemoOptions {
  readonly data: string;
  /** The gateway's port: exactly this one (0: any), or else one kept from last time, or else 7443 where it is free. */
  readonly port?: number;
  /** As in tests: nothing is flushed to the disk. */
  readonly throwaway?: boolean;
  /** More of the gateway's environment, e.g. `{ DRAWBRIDGE_ACCESS_REQUEST_EXPIRY: '5s' }`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stops a start half-way; what was started until then is ended. */
  readonly signal: AbortSignal;
  /** Takes the gateway's log, a line at a time. */
  readonly log: (line: string) => void;
  /** Takes what is being done, in words. */
  readonly progress: (step: string) => void;
}

const PREFERRED_PORT = 7443;
const DOCUMENTS = ['policies.yaml', 'data-rules.yaml'] as const;

/**
 * Starts everything. The first start in a folder makes its data (a few seconds), the next ones use it.
 * @throws Error when a part doesn't start; nothing is left running then.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  const step = (words: string) => {
    options.signal.throwIfAborted();
    options.progress(words);
  };
  try {
    const data = await dataFolder(options.data);
    const ports = await StablePorts.open(join(data, 'ports.json'));
    const port = await ports.take(
      'gateway',
      options.port ? { fixed: options.port } : options.port === 0 ? {} : { preferred: PREFERRED_PORT },
    );
    const url = `http://127.0.0.1:${port}`;

    step('Starting the identity provider');
    const provider = await startIdentityProvider({ port: await ports.take('identity-provider') });
    closers.push(() => provider.close());

    step('Starting the target database');
    const target = await startTargetDatabase({
      folder: join(data, 'target'),
      port: await ports.take('target'),
      now: new Date(),
      throwaway: options.throwaway ?? false,
    });
    closers.push(() => target.stop());

    step('Starting the SSH host');
    const sshHost = await startSshHost({
      folder: join(data, 'ssh-host'),
      port: await ports.take('ssh-host'),
    });
    closers.push(() => sshHost.stop());

    step('Starting the gateway');
    const resources = join(data, 'resources.yaml');
    await writeFile(
      resources,
      placedResources(await readFile(document('resources.yaml'), 'utf8'), { postgres: target, ssh: sshHost }),
    );
    const config = join(data, 'gateway.yaml');
    await writeFile(
      config,
      gatewayConfig({ url, port, provider, bootstrap: [resources, ...DOCUMENTS.map(document)] }),
    );
    const gateway = await startGatewayProcess({
      config,
      env: {
        ...withoutSettings(process.env),
        ...target.secrets,
        ...sshHost.secrets,
        [CLIENT_SECRET]: provider.clientSecret,
        ...options.env,
      },
      log: options.log,
      signal: options.signal,
    });
    closers.push(() => gateway.stop());

    return {
      url: gateway.url,
      issuer: gateway.issuer,
      data,
      pids: { demo: process.pid, gateway: gateway.pid },
      targetUrl: target.superuserUrl,
      sshHome: sshHost.home,
      broken: Promise.race([
        gateway.exited.then((how) => `The gateway ended (${how}).`),
        target.exited.then(() => 'The target database ended.'),
      ]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const CLIENT_SECRET = 'DEMO_IDENTITY_CLIENT_SECRET';
const document = (name: string) => fileURLToPath(new URL(`./documents/${name}`, import.meta.url));

/** The demo's gateway is set up by the demo: what happens to stand in our environment must not bend it. */
function withoutSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = (name: string) => !name.startsWith('DRAWBRIDGE_') || name === 'DRAWBRIDGE_LOG_LEVEL';
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => kept(entry[0]) && entry[1] !== undefined,
    ),
  );
}

async function dataFolder(path: string): Promise<string> {
  const data = resolve(path);
  for (const folder of [data, join(data, 'gateway')]) {
    await mkdir(folder, { recursive: true });
    // As root the databases run as another user, who has to get through. What is secret inside has its own mode.
    if (process.getuid?.() === 0) await chmod(folder, 0o711);
  }
  return data;
}

interface ConfigParts {
  readonly url: string;
  readonly port: number;
  readonly provider: { readonly issuer: string; readonly clientId: string };
  readonly bootstrap: readonly string[];
}

/** Written at each start: the addresses in it may have changed. */
function gatewayConfig({ url, port, provider, bootstrap }: ConfigParts): string {
  const config = {
    publicUrl: url,
    listen: { host: '127.0.0.1', port },
    data: './gateway',
    identity: {
      // A person is (provider, subject): the name stays when the provider's port doesn't.
      provider: 'demo',
      issuer: provider.issuer,
      clientId: provider.clientId,
      clientSecret: { env: CLIENT_SECRET },
    },
    bootstrap,
  };
  return `# Written by the demo at each start.\n${stringify(config)}`;
}
