import { runCommand } from './run-command.ts';
import type { Totals } from './vitest-totals.ts';

/** What each is, and the npm script that does it. */
const CHECKS = [
  ['types', 'lint:types'],
  ['format and lint', 'lint:format'],
  ['who may import whom', 'lint:rooms'],
  ['nothing unused', 'lint:unused'],
] as const;

/** Runs the checks that read the code; they need a build, for the types that one workspace takes from another. */
export async function runChecks(): Promise<Totals> {
  let passed = 0;
  for (const [name, script] of CHECKS) {
    process.stdout.write(`\n── ${name}\n`);
    const status = await runCommand('npm', ['run', '--silent', script]);
    process.stdout.write(`${status === 0 ? 'passed' : 'FAILED'}: ${name}\n`);
    if (status === 0) passed += 1;
  }
  return { passed, failed: CHECKS.length - passed, skipped: 0 };
}
