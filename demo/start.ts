import './library-notices.ts';

import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { build } from '../scripts/build-workspaces.ts';
import { type PackedApp, packageDesktop } from '../scripts/package-desktop.ts';
import { root } from '../scripts/root.ts';
import { startDemo } from './demo.ts';
import { appCommand, hasDisplay, type OpenApp, openDesktopApp } from './desktop-app.ts';
import { ended, endSignal } from './end-signal.ts';
import { guide } from './guide.ts';
import { typedPath } from './typed-path.ts';

/**
 * `npm start`: builds what is not built, starts the demo, opens the desktop app on it where there is a display, says
 * how to go on, and ends everything at Ctrl-C.
 */
const { values } = parseArgs({
  options: { port: { type: 'string' }, data: { type: 'string', default: join(root, '.drawbridge') } },
});
const signal = endSignal();
const data = resolve(values.data);
const logFile = join(data, 'gateway.log');
const started = performance.now();

const say = (text = '') => process.stdout.write(`${text}\n`);
const step = (words: string) =>
  say(styleText('dim', `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${words} …`));

try {
  step('Building');
  if (!(await build())) throw new Error('It does not compile: see above.');
  await mkdir(data, { recursive: true });
  const log = createWriteStream(logFile, { mode: 0o600 });
  const demo = await startDemo({
    data,
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    signal,
    log: (line) => log.write(`${line}\n`),
    progress: step,
  });
  const app = hasDisplay() ? await openApp(demo.url) : undefined;
  say(guide({ url: demo.url, data, log: logFile, ...app?.guide }));
  void app?.open.exited.then(() => {
    if (!signal.aborted) say('\nThe app was quit. The demo still runs; Ctrl-C ends it.');
  });
  const broken = await Promise.race([demo.broken, ended(signal)]);
  say(styleText('dim', '\nEnding …'));
  await app?.open.close();
  await demo.stop();
  if (broken) throw new Error(broken);
  process.exit(0);
} catch (error) {
  if (signal.aborted) process.exit(0);
  say(`\n${styleText('red', error instanceof Error ? error.message : String(error))}`);
  const log = await readFile(logFile, 'utf8').catch(() => '');
  if (log) say(`\nThe end of ${typedPath(logFile)}:\n${log.trimEnd().split('\n').slice(-15).join('\n')}`);
  process.exit(1);
}

/** The window is a part of the demo that one can do without: why there is none is told, and the rest goes on. */
async function openApp(
  url: string,
): Promise<{ open: OpenApp; guide: { app: string; notes: readonly string[] } } | undefined> {
  try {
    const packed: PackedApp = await packageDesktop(step);
    step('Opening the app');
    const open = await openDesktopApp(packed, url, data);
    return { open, guide: { app: appCommand(packed, url, data, 'bob'), notes: open.notes } };
  } catch (error) {
    say(
      styleText(
        'yellow',
        `\nThe desktop app can't be opened: ${error instanceof Error ? error.message : String(error)}`,
      ),
    );
    return undefined;
  }
}
