import { type AccessRequest, DrawbridgeError, formatDuration, RequestId } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { ClientError } from '../../client-error.ts';
import { liveEvents } from '../../live-events.ts';
import { addCommand, durationArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { EXIT } from '../failure.ts';
import { findRequestId } from '../find-by-id.ts';
import { interruptible } from '../interrupt.ts';
import { Interrupted } from '../interrupted.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { requestState, requirements } from '../output/states.ts';
import { table } from '../output/table.ts';
import { relativeTime } from '../output/time.ts';

export function registerRequests(program: Command, context: CliContext): void {
  addCommand(program, 'request <resource>', 'Ask for access', [
    'drawbridge request orders-db --profile read --for 30m --reason "INC-4821: duplicate orders" --wait',
  ])
    .requiredOption('-p, --profile <name>', 'how to use the resource: read, write, …')
    .requiredOption('--for <duration>', 'how long, from first use: 30m, 1h', durationArgument)
    .requiredOption('-r, --reason <text>', 'why, for the reviewers and the record')
    .option('--wait', 'wait until it is decided')
    .action((resource: string, options: RequestOptions) => request(context, resource, options));

  addCommand(program, 'requests', 'List requests: your own, and those that wait for you', [
    'drawbridge requests',
    'drawbridge requests --all',
  ])
    .option('--all', 'decided ones too')
    .action((options: ListOptions) => listRequests(context, options));

  addCommand(program, 'cancel <request>', 'Withdraw a request of yours', [
    'drawbridge cancel req_9f3a1c2b',
  ]).action(async (text: string, options: CommonOptions) => {
    const { api } = await context.connect(options);
    const cancelled = await api.call('cancelRequest', { params: { id: await findRequestId(api, text) } });
    context.show(options, cancelled, () => [
      `– Request ${shortId(cancelled.id)} for ${cancelled.resource} is cancelled.`,
    ]);
  });
}

interface RequestOptions extends CommonOptions {
  readonly profile: string;
  readonly for: number;
  readonly reason: string;
  readonly wait?: boolean;
}

async function request(context: CliContext, resource: string, options: RequestOptions): Promise<void> {
  const { api } = await context.connect(options);
  let asked: AccessRequest;
  try {
    asked = await api.call('createRequest', {
      body: { resource, profile: options.profile, duration: options.for, reason: options.reason },
    });
  } catch (error) {
    // Somebody who waits means the request that is already there as well.
    if (!options.wait || !(error instanceof DrawbridgeError) || error.code !== 'already_pending') throw error;
    asked = await api.call('getRequest', { params: { id: RequestId.parse(error.details.id) } });
    context.note(`You have asked already, ${relativeTime(asked.createdAt, context.clock.now())}.`);
  }
  if (options.wait && asked.state === 'pending') asked = await waitForDecision(context, api, asked);
  context.show(options, asked, () => outcome(context, asked));
  if (options.wait && asked.state !== 'approved') throw notApproved(asked);
}

function outcome(context: CliContext, asked: AccessRequest): string[] {
  const { style } = context;
  const what = `${asked.resource} (${asked.profile})`;
  switch (asked.state) {
    case 'approved':
      return [
        `${style.good('✓')} You have ${what} for ${formatDuration(grantedSeconds(asked))}; the time starts when you first connect.`,
        context.next(
          `drawbridge ${asked.protocol === 'ssh' ? 'ssh' : 'connect'} ${asked.resource} --profile ${asked.profile}`,
        ),
      ];
    case 'pending':
      return [
        `${style.warn('○')} Asked for ${what} for ${formatDuration(asked.duration)}. It needs ${requirements(asked.needs) || 'an approval'}.`,
        `  ${style.dim('request')} ${shortId(asked.id)}, lapses ${relativeTime(asked.expiresAt, context.clock.now())}`,
        context.next('drawbridge requests'),
      ];
    default:
      return [];
  }
}

/** Reviewers may have shortened what was asked for. */
function grantedSeconds(asked: AccessRequest): number {
  return Math.min(
    asked.duration,
    ...asked.reviews.flatMap(({ verdict, duration }) =>
      verdict === 'approve' && duration !== undefined ? [duration] : [],
    ),
  );
}

function notApproved(asked: AccessRequest): ClientError {
  const denial = asked.reviews.find(({ verdict }) => verdict === 'deny');
  const by =
    denial === undefined
      ? ''
      : ` by ${printable(denial.reviewer.displayName)}${denial.reason === undefined ? '' : `: ${printable(denial.reason)}`}`;
  return new ClientError(
    'request_not_approved',
    `request ${shortId(asked.id)} for ${asked.resource} was ${asked.state === 'expired' ? 'not decided in time' : `${asked.state}${by}`}`,
    'drawbridge resources',
  );
}

/** Follows the event stream: after each `hello` the request is read anew, so no decision is missed. */
async function waitForDecision(
  context: CliContext,
  api: ApiClient,
  asked: AccessRequest,
): Promise<AccessRequest> {
  const interrupt = interruptible();
  context.note(
    `${context.style.warn('○')} Request ${shortId(asked.id)} for ${asked.resource} (${asked.profile}) waits for ${requirements(asked.needs) || 'an approval'}.`,
    context.style.dim('  Ctrl-C stops waiting; the request stays.'),
  );
  let reviews = asked.reviews.length;
  try {
    for await (const event of liveEvents({ api, signal: interrupt.signal, clock: context.clock })) {
      let now: AccessRequest;
      if (event.type === 'hello')
        now = await api.call('getRequest', { params: { id: asked.id } }, { signal: interrupt.signal });
      else if (event.type === 'request' && event.request.id === asked.id) now = event.request;
      else {
        if (event.type === 'disconnected')
          context.note(context.style.dim(`  ${event.error.message}; trying again`));
        continue;
      }
      if (now.state !== 'pending') return now;
      for (const review of now.reviews.slice(reviews))
        context.note(
          `  ${context.style.good('✓')} ${printable(review.reviewer.displayName)} approved; more is needed.`,
        );
      reviews = Math.max(reviews, now.reviews.length);
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
  context.note(
    '',
    `Request ${shortId(asked.id)} stays open until it is decided or lapses ${relativeTime(asked.expiresAt, context.clock.now())}.`,
    context.next(`drawbridge cancel ${shortId(asked.id)}   # to withdraw it`),
  );
  context.exitStatus = EXIT.interrupted;
  throw new Interrupted();
}

interface ListOptions extends CommonOptions {
  readonly all?: boolean;
}

async function listRequests(context: CliContext, options: ListOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { requests } = await api.call('listRequests', { query: options.all ? {} : { state: 'pending' } });
  context.show(options, { requests }, () => {
    const waiting = requests.filter(({ reviewable }) => reviewable);
    const rest = requests.filter(({ reviewable }) => !reviewable);
    const first = waiting[0];
    return [
      ...(first === undefined
        ? ['No requests wait for you.']
        : [
            context.style.bold('These wait for you'),
            ...requestTable(context, waiting),
            '',
            context.next(`drawbridge approve ${shortId(first.id)}`),
          ]),
      ...(rest.length === 0
        ? []
        : [
            '',
            context.style.bold(options.all ? 'Others' : 'Waiting for others'),
            ...requestTable(context, rest),
          ]),
    ];
  });
}

function requestTable(context: CliContext, requests: readonly AccessRequest[]): string[] {
  const { style, clock } = context;
  return table(
    [
      { title: 'ID' },
      { title: 'WHO', shrinkTo: 8 },
      { title: 'WHAT', shrinkTo: 16 },
      { title: 'FOR' },
      { title: 'STATE', shrinkTo: 12 },
      { title: 'ASKED' },
      { title: 'REASON', shrinkTo: 12 },
    ],
    requests.map((asked) => [
      { text: shortId(asked.id) },
      { text: printable(asked.principal.displayName), paint: style.bold },
      { text: `${asked.resource} (${asked.profile})` },
      { text: formatDuration(asked.duration) },
      asked.state === 'pending' && !asked.reviewable && asked.needs.length > 0
        ? { text: `○ needs ${requirements(asked.needs)}`, paint: style.warn }
        : requestState(asked, style),
      { text: relativeTime(asked.createdAt, clock.now()), paint: style.dim },
      { text: printable(asked.reason) },
    ]),
    { width: context.width, header: style.dim, indent: '  ' },
  );
}
