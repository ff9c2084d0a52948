import './library-notices.ts';

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { build } from '../scripts/build-workspaces.ts';
import { startDemo } from './demo.ts';
import { ended, endSignal } from './end-signal.ts';
import { mainJob } from './main-job.ts';
import { Narrator } from './narrator.ts';
import { Person } from './person.ts';

/** `npm run demo`: the main job in real processes on fresh data; exit status 1 when anything isn't as promised. */
const signal = endSignal();
const narrator = new Narrator(
  (text) => process.stdout.write(text),
  () => performance.now(),
);
const log: string[] = [];
const closers: (() => Promise<void>)[] = [];

async function run(): Promise<void> {
  narrator.chapter('Start a gateway, an identity provider and a database with a shop in it');
  if (!(await build())) throw new Error('It does not compile: see above.');
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-demo-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const demo = await startDemo({
    data: folder,
    port: 0,
    throwaway: true,
    signal,
    log: (line) => {
      log.push(line);
      if (log.length > 200) log.shift();
    },
    progress: (step) => narrator.say(step),
  });
  closers.push(() => demo.stop());
  narrator.check(`the gateway serves at ${demo.url}`, true);
  const person = (name: string) => {
    const somebody = new Person(name, join(folder, 'homes'));
    closers.push(() => somebody.leave());
    return somebody;
  };
  const people = { alice: person('alice'), bob: person('bob'), carol: person('carol') };
  await Promise.race([
    mainJob({ demo, narrator, ...people, hasPsql: spawnSync('psql', ['--version']).status === 0 }),
    demo.broken.then((what) => Promise.reject(new Error(what))),
    ended(signal).then(() => Promise.reject(new Error('Interrupted.'))),
  ]);
}

try {
  await run();
  process.stdout.write(
    `\n${styleText(['bold', 'green'], `All as promised, in ${narrator.elapsed.toFixed(0)} s.`)} Now yours: npm start\n`,
  );
} catch (error) {
  process.exitCode = 1;
  process.stdout.write(`\n${styleText('red', error instanceof Error ? error.message : String(error))}\n`);
  if (log.length > 0 && !signal.aborted)
    process.stdout.write(`\nThe end of the gateway's log:\n${log.slice(-15).join('\n')}\n`);
} finally {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
}
process.exit();
