#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliContext } from './cli-context.ts';
import { complete } from './complete.ts';
import { describeFailure, failureOf } from './failure.ts';
import { Interrupted } from './interrupted.ts';
import { createProgram } from './program.ts';

/** Runs one command and gives the process's exit status. */
async function run(argv: readonly string[]): Promise<number> {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const json = own.includes('--json');
  try {
    const context = new CliContext(process);
    const program = createProgram(context);
    if (argv[0] === '__complete') {
      context.print(...(await complete(program, context, argv.slice(1))));
      return 0;
    }
    try {
      await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    } catch (error) {
      // Help and version end by an error too.
      if (error instanceof CommanderError && error.exitCode === 0) return 0;
      if (error instanceof Interrupted) return context.exitStatus;
      throw error;
    }
    return context.exitStatus;
  } catch (error) {
    const failure = failureOf(error);
    process.stderr.write(describeFailure(failure, json, process.stderr, process.env));
    return failure.status;
  }
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
