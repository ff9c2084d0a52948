import type { AccessRequest, CommandReview } from '@drawbridge/contract';
import type { ApiClient } from '../api-client.ts';
import { liveEvents } from '../live-events.ts';
import type { CliContext, CommonOptions } from './cli-context.ts';
import { interruptible } from './interrupt.ts';
import { askedFor, narrowedTo } from './output/asked-for.ts';
import { commandLines, commandState } from './output/command-review.ts';
import { printable, printableJson } from './output/printable.ts';
import { shortId } from './output/short-id.ts';
import { requestState } from './output/states.ts';

type Waiting =
  | { readonly kind: 'command-review'; readonly it: CommandReview }
  | { readonly kind: 'request'; readonly it: AccessRequest };

/**
 * Shows what waits for the caller as it comes, and what became of it, until it is interrupted. With `--json` one line
 * for each, as the event stream has it. After each `hello` the lists are read anew, so nothing that came while the stream was down is missed.
 */
export async function watchReviews(context: CliContext, options: CommonOptions): Promise<void> {
  const { api } = await context.connect(options);
  const interrupt = interruptible();
  /** States as they were told, by id. */
  const told = new Map<string, string>();
  const tell = (waiting: Waiting) => {
    const { id, state, reviewable, brokenGlass } = waiting.it;
    const before = told.get(id);
    const isNew = before === undefined && (reviewable || brokenGlass !== undefined);
    if (!isNew && (before === undefined || before === state)) return;
    told.set(id, state);
    if (options.json) context.print(printableJson(eventOf(waiting)));
    else context.print(...(isNew ? arrived(context, waiting) : [over(context, waiting)]), '');
  };
  context.note(context.style.dim('Waiting for what needs your decision. Ctrl-C ends it.'));
  try {
    for await (const event of liveEvents({ api, signal: interrupt.signal, clock: context.clock })) {
      if (event.type === 'hello')
        for (const waiting of await pending(api, told, interrupt.signal)) tell(waiting);
      else if (event.type === 'command-review') tell({ kind: 'command-review', it: event.review });
      else if (event.type === 'request') tell({ kind: 'request', it: event.request });
      else if (event.type === 'disconnected')
        context.note(context.style.dim(`${event.error.message}; trying again`));
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
}

const eventOf = ({ kind, it }: Waiting) =>
  kind === 'request' ? { type: kind, request: it } : { type: kind, review: it };

/** What waits now, and what became of what was told before. Oldest first. */
async function pending(
  api: ApiClient,
  told: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Waiting[]> {
  const query = told.size === 0 ? ({ scope: 'reviewable' } as const) : {};
  const [{ reviews }, { requests }] = await Promise.all([
    api.call('listCommandReviews', { query }, { signal }),
    api.call('listRequests', { query }, { signal }),
  ]);
  return [
    ...reviews.map((it): Waiting => ({ kind: 'command-review', it })),
    ...requests.map((it): Waiting => ({ kind: 'request', it })),
  ].sort((a, b) => a.it.createdAt.localeCompare(b.it.createdAt));
}

function arrived(context: CliContext, waiting: Waiting): string[] {
  const { it } = waiting;
  const next = it.reviewable ? [context.next(`drawbridge approve ${shortId(it.id)}`)] : [];
  if (waiting.kind === 'command-review') return [...commandLines(context, waiting.it), ...next];
  const { principal, reason } = waiting.it;
  const { paint = String, text } = requestState(waiting.it, context.style);
  return [
    `${paint(text)}  ${context.style.bold(printable(principal.displayName))} asks for ${askedFor(waiting.it)}${narrowedTo(waiting.it.scope)}: ${printable(reason)}`,
    ...next,
  ];
}

function over(context: CliContext, waiting: Waiting): string {
  const { id, principal, resource } = waiting.it;
  const { paint = String, text } =
    waiting.kind === 'command-review'
      ? commandState(waiting.it, context.style)
      : requestState(waiting.it, context.style);
  return `${paint(text)}  ${shortId(id)} of ${printable(principal.displayName)} on ${resource}`;
}
