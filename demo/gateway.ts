import './library-notices.ts';

import { parseArgs } from 'node:util';
import { startDemo } from './demo.ts';
import { ended, endSignal } from './end-signal.ts';

/**
 * `npm run gateway:demo -- [--port N] [--data DIR]`: the demo as one process for scripts and tests. One line of JSON
 * on standard output once it serves, everything else on standard error; ends everything when it is told to end.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    data: { type: 'string', default: '.drawbridge' },
    throwaway: { type: 'boolean', default: false },
  },
});
const signal = endSignal();
const port = values.port === undefined ? undefined : Number(values.port);

try {
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) {
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
  }
  const demo = await startDemo({
    data: values.data,
    ...(port === undefined ? {} : { port }),
    throwaway: values.throwaway,
    signal,
    log: (line) => process.stderr.write(`${line}\n`),
    progress: (step) => process.stderr.write(`${step} …\n`),
  });
  const { url, issuer, data, pids } = demo;
  process.stdout.write(`${JSON.stringify({ ready: true, url, issuer, data, pids })}\n`);
  const broken = await Promise.race([demo.broken, ended(signal)]);
  await demo.stop();
  if (broken) throw new Error(broken);
  process.exit(0);
} catch (error) {
  if (signal.aborted) process.exit(0);
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
