import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { anyFreePort } from '../../demo/free-port.ts';
import { startGatewayProcess } from '../../demo/gateway-process.ts';
import type { TestDemo } from './test-demo.ts';

export interface SecondGateway {
  /** Its own address; to the world it is the first one's twin behind one name. */
  readonly url: string;
  readonly pid: number;
  readonly log: readonly string[];
  stop(): Promise<void>;
  /** As a machine that loses its power: without a word. Resolves once it is gone. */
  kill(): Promise<void>;
}

export interface SecondGatewayOptions {
  /** Its data folder, within the demo's; the same name again is the same gateway started anew. */
  readonly name?: string;
  /** Keeps its recordings where the demo's own gateway does; else in a folder of its own. */
  readonly sharedRecordings?: boolean;
  /** More of its configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Another gateway of the cluster that a demo's gateway is in: the same store and keys, a folder of its own. */
export async function startSecondGateway(
  { demo }: TestDemo,
  storeUrl: string,
  { name = 'second', sharedRecordings = false, settings = {} }: SecondGatewayOptions = {},
): Promise<SecondGateway> {
  const data = join(demo.data, name);
  await mkdir(data, { recursive: true });
  const first = parse(await readFile(join(demo.data, 'gateway.yaml'), 'utf8')) as {
    identity: Record<string, unknown>;
    [key: string]: unknown;
  };
  const port = await anyFreePort();
  const config = join(demo.data, `${name}.yaml`);
  const twin = {
    ...first,
    listen: { host: '127.0.0.1', port },
    data,
    store: { url: { env: 'SECOND_STORE' } },
    masterKey: { file: join(demo.data, 'gateway', 'master.key') },
    // Nobody signs in here: what the first one issued is good here too.
    identity: { ...first.identity, clientSecret: { value: 'not-used' } },
    bootstrap: [],
    ...(sharedRecordings && { recording: { dir: join(demo.data, 'gateway', 'recordings') } }),
    ...settings,
  };
  await writeFile(config, stringify(twin));
  const log: string[] = [];
  const gateway = await startGatewayProcess({
    config,
    env: { PATH: process.env.PATH ?? '', SECOND_STORE: storeUrl },
    log: (line) => log.push(line),
    signal: AbortSignal.timeout(60_000),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: gateway.pid,
    log,
    stop: () => gateway.stop(),
    kill: async () => {
      process.kill(gateway.pid, 'SIGKILL');
      await gateway.exited;
    },
  };
}
