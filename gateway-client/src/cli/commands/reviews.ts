import { formatDuration } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand, durationArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findReviewed } from '../find-by-id.ts';
import { askedFor, narrowedTo } from '../output/asked-for.ts';
import { printable } from '../output/printable.ts';
import { requirements } from '../output/states.ts';
import { voteOnCommand } from './command-reviews.ts';

interface ApproveOptions extends CommonOptions {
  readonly for?: number;
  readonly reason?: string;
}

interface DenyOptions extends CommonOptions {
  readonly reason: string;
}

export function registerReviews(program: Command, context: CliContext): void {
  addCommand(program, 'approve <review>', 'Approve a request of somebody else, or what is held of theirs', [
    'drawbridge approve req_9f3a1c2b',
    'drawbridge approve 9f3a1c2b --for 15m',
    'drawbridge approve cmd_4be0d7a1',
  ])
    .option('--for <duration>', 'a shorter time than asked for', durationArgument)
    .option('-r, --reason <text>', 'a word to go with it')
    .action((text: string, options: ApproveOptions) => approve(context, text, options));

  addCommand(program, 'deny <review>', 'Deny a request of somebody else, or what is held of theirs', [
    'drawbridge deny req_9f3a1c2b --reason "use the staging database"',
  ])
    .requiredOption('-r, --reason <text>', 'why; the person reads it')
    .action((text: string, options: DenyOptions) => deny(context, text, options));
}

async function approve(context: CliContext, text: string, options: ApproveOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { reason } = options;
  const found = await findReviewed(api, text);
  if ('command' in found) {
    if (options.for !== undefined)
      throw context.usage('what is held has no time to shorten', `drawbridge approve ${text}`);
    const vote = { verdict: 'approve' as const, ...(reason !== undefined && { reason }) };
    return voteOnCommand(context, api, found.command, vote, options);
  }
  const reviewed = await api.call('createReview', {
    params: { id: found.request },
    body: {
      verdict: 'approve',
      ...(options.for === undefined ? {} : { duration: options.for }),
      ...(reason === undefined ? {} : { reason }),
    },
  });
  const { style } = context;
  const who = printable(reviewed.principal.displayName);
  const what = `${askedFor(reviewed)}${narrowedTo(reviewed.scope)}`;
  context.show(options, reviewed, () => [
    reviewed.state === 'approved'
      ? `${style.good('✓')} ${who} may use ${what} for ${formatDuration(Math.min(options.for ?? reviewed.duration, reviewed.duration))}.`
      : `${style.good('✓')} Approved; ${who} still needs ${requirements(reviewed.needs) || 'more approvals'} for ${what}.`,
    ...(reviewed.grantId === undefined
      ? []
      : [`  ${style.dim('to take it back:')} drawbridge revoke ${reviewed.grantId}`]),
  ]);
}

async function deny(context: CliContext, text: string, options: DenyOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { reason } = options;
  const found = await findReviewed(api, text);
  if ('command' in found)
    return voteOnCommand(context, api, found.command, { verdict: 'deny', reason }, options);
  const reviewed = await api.call('createReview', {
    params: { id: found.request },
    body: { verdict: 'deny', reason },
  });
  context.show(options, reviewed, () => [
    `${context.style.bad('✗')} Denied: ${printable(reviewed.principal.displayName)} may not use ${askedFor(reviewed)}.`,
  ]);
}
