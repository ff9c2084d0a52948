import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Demo, startDemo } from '../../demo/demo.ts';
import { Person } from '../../demo/person.ts';

/** A demo of a test's own, on fresh data and free ports, with the real gateway process. */
export interface TestDemo {
  readonly demo: Demo;
  /** What the gateway logged so far. */
  readonly log: readonly string[];
  /** Somebody at a computer of their own, signed in at the demo's identity provider. */
  signIn(name: string): Promise<Person>;
  /** The same data again in a new demo: ends what still runs of this one, as after a crash of the gateway. */
  restart(): Promise<void>;
  /** Ends everything and removes the data. */
  stop(): Promise<void>;
}

/** @param env more of the gateway's environment, e.g. shorter times. */
export async function startTestDemo(env: Readonly<Record<string, string>> = {}): Promise<TestDemo> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-test-demo-'));
  const log: string[] = [];
  const people: Person[] = [];
  const start = () =>
    startDemo({
      data: join(folder, 'data'),
      port: 0,
      throwaway: true,
      env,
      signal: AbortSignal.timeout(120_000),
      log: (line) => log.push(line),
      progress: () => undefined,
    });
  const remove = () => rm(folder, { recursive: true, force: true });
  let demo: Demo;
  try {
    // As root the databases run as another user, who has to get through.
    await chmod(folder, 0o711);
    demo = await start();
  } catch (error) {
    await remove();
    throw new Error(`The demo did not start.\n${log.slice(-20).join('\n')}`, { cause: error });
  }
  return {
    get demo() {
      return demo;
    },
    log,
    async signIn(name) {
      const person = new Person(name, join(folder, 'homes'));
      people.push(person);
      const outcome = await person.signIn(demo.url);
      if (outcome.status !== 0) throw new Error(`${name} could not sign in.\n${outcome.stderr}`);
      return person;
    },
    async restart() {
      await demo.stop();
      demo = await start();
    },
    async stop() {
      for (const person of people) await person.leave();
      await demo.stop();
      await remove();
    },
  };
}
