import { formatDuration } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand, durationArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findRequestId } from '../find-by-id.ts';
import { printable } from '../output/printable.ts';
import { requirements } from '../output/states.ts';

interface ApproveOptions extends CommonOptions {
  readonly for?: number;
  readonly reason?: string;
}

interface DenyOptions extends CommonOptions {
  readonly reason: string;
}

export function registerReviews(program: Command, context: CliContext): void {
  addCommand(program, 'approve <request>', 'Approve a request of somebody else', [
    'drawbridge approve req_9f3a1c2b',
    'drawbridge approve 9f3a1c2b --for 15m',
  ])
    .option('--for <duration>', 'a shorter time than asked for', durationArgument)
    .option('-r, --reason <text>', 'a word to go with it')
    .action((text: string, options: ApproveOptions) => approve(context, text, options));

  addCommand(program, 'deny <request>', 'Deny a request of somebody else', [
    'drawbridge deny req_9f3a1c2b --reason "use the staging database"',
  ])
    .requiredOption('-r, --reason <text>', 'why; the person reads it')
    .action((text: string, options: DenyOptions) => deny(context, text, options));
}

async function approve(context: CliContext, text: string, options: ApproveOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findRequestId(api, text);
  const reviewed = await api.call('createReview', {
    params: { id },
    body: {
      verdict: 'approve',
      ...(options.for === undefined ? {} : { duration: options.for }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
  });
  const { style } = context;
  const who = printable(reviewed.principal.displayName);
  const what = `${reviewed.resource} (${reviewed.profile})`;
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
  const id = await findRequestId(api, text);
  const reviewed = await api.call('createReview', {
    params: { id },
    body: { verdict: 'deny', reason: options.reason },
  });
  context.show(options, reviewed, () => [
    `${context.style.bad('✗')} Denied: ${printable(reviewed.principal.displayName)} may not use ${reviewed.resource} (${reviewed.profile}).`,
  ]);
}
