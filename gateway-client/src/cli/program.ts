import { Argument, Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCommandReviews } from './commands/command-reviews.ts';
import { registerConnect } from './commands/connect.ts';
import { registerDocuments } from './commands/documents.ts';
import { registerExtend } from './commands/extend.ts';
import { registerGrants } from './commands/grants.ts';
import { registerPolicy } from './commands/policy.ts';
import { registerProxy } from './commands/proxy.ts';
import { registerRecordings } from './commands/recordings.ts';
import { registerReplay } from './commands/replay.ts';
import { registerRequests } from './commands/requests.ts';
import { registerResources } from './commands/resources.ts';
import { registerReviews } from './commands/reviews.ts';
import { registerSessions } from './commands/sessions.ts';
import { registerSignIn } from './commands/sign-in.ts';
import { registerSsh } from './commands/ssh.ts';
import { registerSshConfig } from './commands/ssh-config.ts';
import { completionScripts, type Shell } from './completion-scripts.ts';

const afterHelp = `
Examples:
  $ drawbridge login --gateway https://drawbridge.example.com
  $ drawbridge request orders-db --profile read --for 30m --reason "INC-4821" --wait
  $ drawbridge connect orders-db -- psql
  $ drawbridge ssh build-box

Exit status: 0 done, 1 failed, 2 wrong usage, 3 access needed, 4 sign in; connect and ssh give their command's own.
Environment: DRAWBRIDGE_GATEWAY chooses the gateway, DRAWBRIDGE_HOME the folder of the sign-ins.`;

/** The whole command line. Commands throw; nothing here ends the process. */
export function createProgram(context: CliContext): Command {
  const program = new Command('drawbridge')
    .description('Access to databases and other resources: asked for, approved, timed, recorded.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', afterHelp)
    .showSuggestionAfterError(true)
    // Options after a command's name are that command's, also where commands have commands.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // Told once, by whoever catches the error.
      writeErr: () => undefined,
    });

  program.commandsGroup('Sign in:');
  registerSignIn(program, context);
  program.commandsGroup('Access:');
  registerResources(program, context);
  registerRequests(program, context);
  registerGrants(program, context);
  registerExtend(program, context);
  registerConnect(program, context);
  registerSsh(program, context);
  registerSshConfig(program, context);
  registerProxy(program, context);
  program.commandsGroup('Review:');
  registerCommandReviews(program, context);
  registerReviews(program, context);
  program.commandsGroup('Sessions and recordings:');
  registerSessions(program, context);
  registerReplay(program, context);
  registerRecordings(program, context);
  program.commandsGroup('Administration:');
  registerDocuments(program, context);
  registerPolicy(program, context);
  registerAudit(program, context);
  program.commandsGroup('Other:');
  program.helpCommand('help [command]', 'Show help for a command');
  program
    .command('completion')
    .description('Print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(completionScripts)))
    .addHelpText(
      'after',
      '\nExamples:\n  $ eval "$(drawbridge completion bash)"\n  $ drawbridge completion fish | source',
    )
    .action((shell: Shell) => {
      context.stdout.write(completionScripts[shell]);
    });
  return program;
}
