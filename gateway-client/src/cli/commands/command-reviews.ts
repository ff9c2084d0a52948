import type { AccessRequest, CommandReview, CommandReviewId, NewCommandVote } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findCommandReviewId } from '../find-by-id.ts';
import { commandLines, commandTable } from '../output/command-review.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { requirements } from '../output/states.ts';
import { watchReviews } from '../watch-reviews.ts';
import { requestTable } from './requests.ts';

interface ReviewsOptions extends CommonOptions {
  readonly all?: boolean;
  readonly watch?: boolean;
}

interface BreakGlassOptions extends CommonOptions {
  readonly reason: string;
}

export function registerCommandReviews(program: Command, context: CliContext): void {
  const reviews = addCommand(
    program,
    'reviews',
    'List what waits for you to decide: held statements and commands, and requests for access',
    ['drawbridge reviews', 'drawbridge reviews --watch', 'drawbridge reviews show cmd_9f3a1c2b'],
  )
    .option('--all', 'what waits for others and what is decided, too')
    .option('--watch', 'stay, and show each as it comes, until Ctrl-C')
    .action((options: ReviewsOptions) => (options.watch ? watchReviews : listReviews)(context, options));

  addCommand(reviews, 'show <review>', 'Show a held statement or command with all that is needed to decide', [
    'drawbridge reviews show cmd_9f3a1c2b',
  ]).action((text: string, options: CommonOptions) => show(context, text, options));

  addCommand(program, 'withdraw <review>', 'Withdraw a held statement or command of yours: it fails', [
    'drawbridge withdraw cmd_9f3a1c2b',
  ]).action((text: string, options: CommonOptions) => withdraw(context, text, options));

  addCommand(
    program,
    'break-glass <review>',
    'Go ahead with a held statement or command of yours without approval; others are told at once',
    ['drawbridge break-glass cmd_9f3a1c2b --reason "INC-4821: orders stand still"'],
  )
    .requiredOption('-r, --reason <text>', 'why it can’t wait; those who are told read it')
    .action((text: string, options: BreakGlassOptions) => breakGlass(context, text, options));
}

async function listReviews(context: CliContext, options: ReviewsOptions): Promise<void> {
  const { api } = await context.connect(options);
  const state = options.all ? {} : ({ state: 'pending' } as const);
  const [{ reviews }, { requests }] = await Promise.all([
    api.call('listCommandReviews', { query: { ...state } }),
    api.call('listRequests', { query: { ...state } }),
  ]);
  const mine = <R extends { reviewable: boolean }>(all: readonly R[]) =>
    all.filter(({ reviewable }) => reviewable);
  const shown = options.all ? { reviews, requests } : { reviews: mine(reviews), requests: mine(requests) };
  context.show(options, shown, () => [
    ...section(context, 'Held until you decide', commandTable(context, mine(reviews))),
    ...section(context, 'Access asked for', requestTable(context, mine(requests))),
    ...(options.all
      ? [
          ...section(context, 'Other statements and commands', commandTable(context, without(reviews))),
          ...section(context, 'Other requests', requestTable(context, without(requests))),
        ]
      : []),
    ...nextStep(context, mine(reviews)[0], mine(requests)[0]),
  ]);
}

const without = <R extends { reviewable: boolean }>(all: readonly R[]) =>
  all.filter(({ reviewable }) => !reviewable);

/** A table has a line of titles even where nothing is in it. */
const section = ({ style }: CliContext, title: string, lines: readonly string[]): string[] =>
  lines.length < 2 ? [] : [style.bold(title), ...lines, ''];

function nextStep(
  context: CliContext,
  held: CommandReview | undefined,
  asked: AccessRequest | undefined,
): string[] {
  if (held) return [context.next(`drawbridge reviews show ${shortId(held.id)}`)];
  if (asked) return [context.next(`drawbridge approve ${shortId(asked.id)}`)];
  return ['Nothing waits for you.'];
}

async function show(context: CliContext, text: string, options: CommonOptions): Promise<void> {
  const { api } = await context.connect(options);
  const review = await api.call('getCommandReview', { params: { id: await findCommandReviewId(api, text) } });
  const id = shortId(review.id);
  context.show(options, review, () => [
    ...commandLines(context, review),
    ...(review.reviewable ? ['', context.next(`drawbridge approve ${id}`)] : []),
    ...(review.breakable ? ['', context.next(`drawbridge break-glass ${id} --reason "…"`)] : []),
  ]);
}

async function withdraw(context: CliContext, text: string, options: CommonOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findCommandReviewId(api, text);
  const review = await api.call('withdrawCommand', { params: { id } });
  context.show(options, review, () => [
    `– ${shortId(id)} on ${review.resource} is withdrawn; it did not run.`,
  ]);
}

async function breakGlass(context: CliContext, text: string, options: BreakGlassOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findCommandReviewId(api, text);
  const review = await api.call('breakGlass', { params: { id }, body: { reason: options.reason } });
  context.show(options, review, () => [
    `${context.style.bad('!')} ${shortId(id)} on ${review.resource} goes ahead without approval. ${(review.brokenGlass?.told ?? []).map(printable).join(', ')} ${review.brokenGlass?.told.length === 1 ? 'is' : 'are'} told, and the recording is marked.`,
  ]);
}

/** `approve` and `deny` of a held statement or command. */
export async function voteOnCommand(
  context: CliContext,
  api: ApiClient,
  id: CommandReviewId,
  vote: NewCommandVote,
  options: CommonOptions,
): Promise<void> {
  const review = await api.call('voteOnCommand', { params: { id }, body: vote });
  const { style } = context;
  const what = `${shortId(id)} of ${printable(review.principal.displayName)} on ${review.resource}`;
  context.show(options, review, () => [
    vote.verdict === 'deny'
      ? `${style.bad('✗')} Denied: ${what} does not run.`
      : review.state === 'approved'
        ? `${style.good('✓')} Approved: ${what} runs.`
        : `${style.good('✓')} Approved; ${what} still needs ${requirements(review.needs)}.`,
  ]);
}
