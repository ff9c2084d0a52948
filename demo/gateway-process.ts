import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ended } from './end-signal.ts';

/** What the gateway says on its standard output once it serves. */
export interface GatewayReady {
  readonly url: string;
  readonly issuer: string;
}

export interface GatewayProcess extends GatewayReady {
  readonly pid: number;
  /** Resolves with words for how it ended, by `stop` or by itself. */
  readonly exited: Promise<string>;
  /** Lets it shut down in order, and kills it where that takes more than ten seconds. */
  stop(): Promise<void>;
}

export interface GatewayProcessOptions {
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes what the gateway logs, a line at a time. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** The gateway's program; the one built here when absent. */
  readonly program?: string;
}

const PROGRAM = fileURLToPath(new URL('../gateway/dist/main.js', import.meta.url));
const END_WITH_PARENT = new URL('./end-with-parent.js', import.meta.url).href;
/** In ms. A first start makes the gateway's own database. */
const PATIENCE = { start: 90_000, stop: 10_000, lastWords: 500 } as const;

/** Starts the real gateway as a process of its own and waits until it serves. */
export async function startGatewayProcess(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const child = spawn(
    process.execPath,
    ['--import', END_WITH_PARENT, options.program ?? PROGRAM, 'serve', '--config', options.config],
    {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own process group: Ctrl-C on a terminal is for us, and we stop it in order.
      detached: true,
    },
  );
  const { pid, stdout, stderr } = child;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      const how = signal ? `killed by ${signal}` : `exit status ${code}`;
      // Its last words may still be on their way; a process it left behind must not keep us waiting for more.
      const enough = setTimeout(() => resolve(how), PATIENCE.lastWords);
      child.once('close', () => {
        clearTimeout(enough);
        resolve(how);
      });
    });
  });
  const stop = async () => {
    const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE.stop);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(killer);
  };
  if (pid === undefined || !stdout || !stderr)
    throw new Error(`The gateway can't be started: ${await exited}`);
  createInterface({ input: stderr }).on('line', options.log);
  const ready = new Promise<GatewayReady>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const said = readyLine(line);
      if (said) resolve(said);
      else options.log(line);
    });
  });

  const outcome = await Promise.race([
    ready,
    exited,
    ended(options.signal),
    ended(AbortSignal.timeout(PATIENCE.start)),
  ]);
  if (typeof outcome === 'object' && 'url' in outcome) return { ...outcome, pid, exited, stop };
  await stop();
  options.signal.throwIfAborted();
  const why =
    typeof outcome === 'string' ? `ended (${outcome})` : `was not ready within ${PATIENCE.start / 1000} s`;
  throw new Error(`The gateway ${why}. Its log says why.`);
}

function readyLine(line: string): GatewayReady | undefined {
  try {
    const said: unknown = JSON.parse(line);
    if (typeof said !== 'object' || said === null || !('ready' in said) || said.ready !== true)
      return undefined;
    if (!('url' in said) || typeof said.url !== 'string') return undefined;
    if (!('issuer' in said) || typeof said.issuer !== 'string') return undefined;
    return { url: said.url, issuer: said.issuer };
  } catch {
    return undefined;
  }
}
