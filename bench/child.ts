import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child<Ready> {
  readonly ready: Ready;
  stop(): Promise<void>;
}

/** Starts one of the bench's own processes and waits for its line of JSON. It ends when its standard input does, so with us too. */
export async function startChild<Ready>(script: string, args: readonly string[]): Promise<Child<Ready>> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL(script, import.meta.url)), ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => undefined),
  ]);
  if (line === undefined) throw new Error(`${script} ended before it was ready`);
  return {
    ready: JSON.parse(String(line[0])) as Ready,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
