import type { Command } from 'commander';
import { addCommand, durationArgument } from '../add-command.ts';
import { type AskOptions, askForAccess } from '../ask-for-access.ts';
import type { CliContext } from '../cli-context.ts';
import { findGrantId } from '../find-by-id.ts';
import { relativeTime } from '../output/time.ts';

export function registerExtend(program: Command, context: CliContext): void {
  addCommand(program, 'extend <grant>', 'Ask for more time for access that you have; connections stay open', [
    'drawbridge extend orders-db --for 30m --reason "INC-4821: not done yet"',
    'drawbridge extend grt_9f3a1c2b --for 15m --reason "last checks" --wait',
  ])
    .requiredOption('--for <duration>', 'how long, from the approval: 30m, 1h', durationArgument)
    .requiredOption('-r, --reason <text>', 'why, for the reviewers and the record')
    .option('--wait', 'wait until it is decided')
    .option('--break-glass', 'go ahead without approval, where policy offers that; others are told at once')
    .action((text: string, options: AskOptions) => extend(context, text, options));
}

async function extend(context: CliContext, text: string, options: AskOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findGrantId(api, text);
  const { resource, profile } = await api.call('getGrant', { params: { id } });
  await askForAccess(context, api, options, { resource, profile, extends: id }, async () => {
    const { expiresAt } = await api.call('getGrant', { params: { id } });
    const end =
      expiresAt === undefined ? '' : `; it ends ${relativeTime(expiresAt, context.clock.now())} now`;
    return [`${context.style.good('✓')} ${resource} (${profile}) goes on${end}. Connections stay open.`];
  });
}
