import {
  type AccessRequest,
  DrawbridgeError,
  formatDuration,
  type NewRequestInput,
  RequestId,
} from '@drawbridge/contract';
import type { ApiClient } from '../api-client.ts';
import { ClientError } from '../client-error.ts';
import { liveEvents } from '../live-events.ts';
import type { CliContext, CommonOptions } from './cli-context.ts';
import { EXIT } from './failure.ts';
import { interruptible } from './interrupt.ts';
import { Interrupted } from './interrupted.ts';
import { askedFor, narrowedTo } from './output/asked-for.ts';
import { printable } from './output/printable.ts';
import { shortId } from './output/short-id.ts';
import { requirements } from './output/states.ts';
import { relativeTime } from './output/time.ts';

export interface AskOptions extends CommonOptions {
  readonly for: number;
  readonly reason: string;
  readonly wait?: boolean;
  readonly breakGlass?: boolean;
}

/** Asks, waits where that is wanted, and says what came of it. @param approved what to say where it was approved */
export async function askForAccess(
  context: CliContext,
  api: ApiClient,
  options: AskOptions,
  wish: Pick<NewRequestInput, 'resource' | 'profile' | 'also' | 'scope' | 'extends'>,
  approved: (asked: AccessRequest) => Promise<string[]>,
): Promise<void> {
  let asked: AccessRequest;
  try {
    asked = await api.call('createRequest', {
      body: {
        ...wish,
        duration: options.for,
        reason: options.reason,
        ...(options.breakGlass && { breakGlass: true }),
      },
    });
  } catch (error) {
    // Somebody who waits means the request that is already there as well; but not to go ahead without it.
    const waits = options.wait && !options.breakGlass;
    if (!waits || !(error instanceof DrawbridgeError) || error.code !== 'already_pending') throw error;
    asked = await api.call('getRequest', { params: { id: RequestId.parse(error.details.id) } });
    context.note(`You have asked already, ${relativeTime(asked.createdAt, context.clock.now())}.`);
  }
  if (options.wait && asked.state === 'pending') asked = await waitForDecision(context, api, asked);
  const lines =
    asked.state === 'approved'
      ? [...(await approved(asked)), ...glassLines(context, asked)]
      : asked.state === 'pending'
        ? pendingLines(context, asked)
        : [];
  context.show(options, asked, () => lines);
  if (options.wait && asked.state !== 'approved') throw notApproved(asked);
}

function pendingLines(context: CliContext, asked: AccessRequest): string[] {
  const { style } = context;
  const what = `${askedFor(asked)}${narrowedTo(asked.scope)}`;
  const begin = asked.extends === undefined ? 'Asked for' : 'Asked for more time for';
  return [
    `${style.warn('○')} ${begin} ${what} for ${formatDuration(asked.duration)}. It needs ${requirements(asked.needs) || 'an approval'}.`,
    `  ${style.dim('request')} ${shortId(asked.id)}, lapses ${relativeTime(asked.expiresAt, context.clock.now())}`,
    context.next('drawbridge requests'),
  ];
}

/** Whoever goes ahead without approval knows who was told. */
function glassLines({ style }: CliContext, { brokenGlass }: AccessRequest): string[] {
  if (!brokenGlass) return [];
  const told = brokenGlass.told.map(printable).join(' and ');
  return [`${style.warn('!')} Nobody has approved this: ${told} have been told, and recordings are marked.`];
}

/** Reviewers may have shortened what was asked for. */
export function grantedSeconds(asked: AccessRequest): number {
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
    `request ${shortId(asked.id)} for ${askedFor(asked)} was ${asked.state === 'expired' ? 'not decided in time' : `${asked.state}${by}`}`,
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
    `${context.style.warn('○')} Request ${shortId(asked.id)} for ${askedFor(asked)} waits for ${requirements(asked.needs) || 'an approval'}.`,
    context.style.dim('  Ctrl-C stops waiting; the request stays.'),
  );
  let reviews = asked.reviews.length;
  let escalated = asked.escalatedAt !== undefined;
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
      if (now.escalatedAt !== undefined && !escalated)
        context.note(
          `  ${context.style.warn('○')} Not decided so far: it waits for ${requirements(now.needs)} now.`,
        );
      escalated = now.escalatedAt !== undefined;
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
