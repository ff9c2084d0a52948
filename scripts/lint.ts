import { runChecks } from './lint-checks.ts';

/** `npm run lint`: every check, also after one failed. */
process.exitCode = (await runChecks()).failed === 0 ? 0 : 1;
