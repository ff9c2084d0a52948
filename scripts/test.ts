import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build-workspaces.ts';
import { runChecks } from './lint-checks.ts';
import { runTool } from './run-command.ts';
import { ensureSystemNeeds } from './system-needs.ts';
import { type Totals, vitestTotals } from './vitest-totals.ts';

/**
 * `npm test`: everything, on a machine that has only Node. Its last line is `N passed, N failed`, over all runners; a
 * check of the code counts as one test. A runner that crashes or runs nothing has failed.
 */
const FAILED: Totals = { passed: 0, failed: 1, skipped: 0 };

async function vitest(project: string): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-test-report-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const status = await runTool('vitest', ['run', '--project', project, ...reporters]);
    return vitestTotals(await readFile(file, 'utf8').catch(() => undefined), status);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const RUNNERS: readonly (readonly [string, () => Promise<Totals>])[] = [
  ['checks', runChecks],
  ['unit', () => vitest('unit')],
  ['acceptance', () => vitest('acceptance')],
];

async function main(): Promise<Totals> {
  if (!(await ensureSystemNeeds())) return FAILED;
  process.stdout.write('── build\n');
  if (!(await build())) return FAILED;
  const results: [string, Totals][] = [];
  for (const [name, run] of RUNNERS) {
    process.stdout.write(`\n── ${name}\n`);
    results.push([name, await run().catch(crashed)]);
  }
  process.stdout.write('\n');
  for (const [name, { passed, failed, skipped }] of results) {
    process.stdout.write(
      `${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} not run` : ''}\n`,
    );
  }
  const sum = (part: keyof Totals) => results.reduce((total, [, totals]) => total + totals[part], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

function crashed(error: unknown): Totals {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return FAILED;
}

const { passed, failed } = await main().catch(crashed);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
