import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { noSandboxReason } from '../scripts/chromium-sandbox.ts';
import type { PackedApp } from '../scripts/package-desktop.ts';
import { typedPath } from './typed-path.ts';

/** The desktop app, open on the demo's gateway. */
export interface OpenApp {
  /** What is worth saying about how it was started. */
  readonly notes: readonly string[];
  /** Resolves when its window is gone for good. */
  readonly exited: Promise<void>;
  /** Lets it quit, and ends it where that takes longer than three seconds. */
  close(): Promise<void>;
}

/** In ms. */
const PATIENCE = 3000;

/** Whether somebody could see a window. */
export const hasDisplay = (): boolean =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY?.trim() || process.env.WAYLAND_DISPLAY?.trim());

/** The command that opens the app once more, as another person's. */
export const appCommand = (app: PackedApp, gateway: string, data: string, person: string): string =>
  [typedPath(app.executable), ...appArguments(app, gateway, data, person).map(typed)].join(' ');

/** An option as one would type it here. */
function typed(option: string): string {
  const [name, value] = option.split('=', 2);
  return value === undefined || value.includes('://') ? option : `${name}=${typedPath(value)}`;
}

/** How the app is started for a person of the demo, with data of their own. */
function appArguments(app: PackedApp, gateway: string, data: string, person: string): string[] {
  return [
    `--gateway=${gateway}`,
    `--user-data-dir=${join(data, 'desktop', person)}`,
    ...(noSandboxReason(app.folder) === undefined ? [] : ['--no-sandbox']),
  ];
}

/** Opens the app as Alice's. What it says goes into `data/desktop/alice.log`. */
export async function openDesktopApp(app: PackedApp, gateway: string, data: string): Promise<OpenApp> {
  await mkdir(join(data, 'desktop', 'alice'), { recursive: true });
  const log = createWriteStream(join(data, 'desktop', 'alice.log'), { mode: 0o600 });
  const child = spawn(app.executable, appArguments(app, gateway, data, 'alice'), {
    // A process group of its own: Ctrl-C on a terminal is for us, and we end it in order.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      log.write(`${error.message}\n`);
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const reason = noSandboxReason(app.folder);
  return {
    notes: reason === undefined ? [] : [`The app runs with --no-sandbox, since ${reason}.`],
    exited,
    async close() {
      const killer = setTimeout(() => killGroup(child.pid), PATIENCE);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(killer);
    },
  };
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
