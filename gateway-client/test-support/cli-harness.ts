import type { LiveEvent } from '@drawbridge/contract';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';
import { type BuiltCli, buildCli, type RunningCli } from './run-cli.ts';
import { type TemporaryHome, temporaryHome } from './temporary-home.ts';

type Result = ReturnType<BuiltCli['run']>;

export interface CliHarness {
  /** Of the running test. */
  readonly gateway: FakeGateway;
  readonly home: TemporaryHome;
  cli(...args: string[]): Result;
  run(
    args: readonly string[],
    options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string },
  ): Result;
  /** Starts the CLI and lets it run; it is ended with the test at the latest. */
  start(...args: string[]): RunningCli;
  /** Answers the event stream: `hello` to each that opens, then what is sent. */
  eventStreams(): { send(event: LiveEvent): void; count(): number };
  /** Ends the gateway and starts another, elsewhere. */
  restartGateway(): Promise<void>;
}

/** For the tests of a file: the built CLI, and for each test a gateway and a home of its own. */
export function useCli(): CliHarness {
  vi.setConfig({ testTimeout: 30_000 });
  let built: BuiltCli;
  let gateway: FakeGateway;
  let home: TemporaryHome;
  const running: RunningCli[] = [];

  beforeAll(async () => {
    built = await buildCli();
  }, 30_000);
  afterAll(() => built.remove());
  beforeEach(async () => {
    gateway = await startFakeGateway();
    home = await temporaryHome();
  });
  afterEach(async () => {
    for (const { child, done } of running.splice(0)) {
      child.kill('SIGKILL');
      await done;
    }
    await gateway.close();
    await home.remove();
  });

  return {
    get gateway() {
      return gateway;
    },
    get home() {
      return home;
    },
    cli: (...args) => built.run(home.path, args),
    run: (args, options) => built.run(home.path, args, options),
    start: (...args) => {
      const started = built.start(home.path, args);
      running.push(started);
      return started;
    },
    eventStreams: () => {
      const open = new Set<(event: unknown) => void>();
      gateway.handlers.events = ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const send = (event: unknown) => void response.write(`data: ${JSON.stringify(event)}\n\n`);
        open.add(send);
        response.on('close', () => open.delete(send));
        send({ type: 'hello', gateway: 'test', version: '0' });
      };
      return {
        send: (event) => {
          for (const one of open) one(event);
        },
        count: () => open.size,
      };
    },
    restartGateway: async () => {
      await gateway.close();
      gateway = await startFakeGateway();
    },
  };
}
