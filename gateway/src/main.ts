#!/usr/bin/env node
import './observe/library-notices.ts';

import { Command, CommanderError } from 'commander';
import { ConfigError } from './config/config-error.ts';
import { loadConfig } from './config/load-config.ts';
import { startGateway } from './gateway.ts';
import { createLogger } from './observe/logger.ts';
import { validatePolicyFiles } from './policy-command.ts';
import { sshAuthorityLine } from './ssh-ca-command.ts';
import { VERSION } from './version.ts';

/** The `drawbridge-gateway` command: standard output carries answers, standard error the log. */
const program = new Command('drawbridge-gateway')
  .description(
    'The Drawbridge gateway: holds credentials, checks, masks, records, and cuts the line at the deadline.',
  )
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError();

const option = [
  '--config <file>',
  'gateway.yaml (without it: DRAWBRIDGE_… environment variables alone)',
] as const;

program
  .command('serve')
  .description('Serve until SIGINT or SIGTERM. Prints one line of JSON when ready')
  .option(...option)
  .action(async ({ config: file }: { config?: string }) => serve(file));

program
  .command('check')
  .description('Check the configuration and say what is wrong with it, without starting anything')
  .option(...option)
  .action(({ config: file }: { config?: string }) => {
    const config = loadConfig(file, process.env);
    process.stdout.write(
      `The configuration is valid. The gateway would serve ${config.publicUrl} from ${config.listen.host}:${config.listen.port}.\n`,
    );
  });

program
  .command('ssh-ca')
  .description('The certificate authority that signs the gateway in at SSH hosts')
  .command('public-key')
  .description("Print its public key, one line for a host's TrustedUserCAKeys. The gateway may be running")
  .option(...option)
  .action(async ({ config: file }: { config?: string }) => {
    const line = await sshAuthorityLine(loadConfig(file, process.env), process.env);
    process.stdout.write(`${line}\n`);
  });

program
  .command('policy')
  .description('Policies, without a running gateway')
  .command('validate')
  .description(
    'Check the policies in YAML files as apply would; exit 1 with file:line:column where one is wrong',
  )
  .argument('<files...>', 'YAML, any number of documents; those of other kinds are passed over')
  .action(async (files: string[]) => {
    const { problems, policies } = await validatePolicyFiles(files);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
    else process.stdout.write(`${policies} ${policies === 1 ? 'policy' : 'policies'}, nothing wrong.\n`);
  });

async function serve(file: string | undefined): Promise<void> {
  const config = loadConfig(file, process.env);
  const logger = createLogger(config.log.level);
  const stop = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
  const gateway = await startGateway({ config, env: process.env, logger });
  process.stdout.write(
    `${JSON.stringify({ ready: true, url: gateway.url, issuer: gateway.issuer, data: config.data })}\n`,
  );
  const why = await Promise.race([stop, gateway.failed]);
  logger.info({ why }, 'gateway stops');
  await gateway.close();
  if (why !== 'SIGINT' && why !== 'SIGTERM') process.exitCode = 1;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const reason =
      error instanceof ConfigError ? error.message : error instanceof Error ? error.message : String(error);
    process.stderr.write(`drawbridge-gateway: ${reason}\n`);
    process.exitCode = 1;
  }
}
