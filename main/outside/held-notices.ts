import type { AccessRequest, CommandReview } from '@drawbridge/contract';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { firstName } from './first-name.ts';
import type { Notice } from './notice.ts';
import { clockText } from './time-left.ts';

/**
 * What is worth a notification about held statements and broken glass in the change from one view of a gateway to
 * the next. `me` is the id of who is notified.
 */
export function heldNoticesOf(before: GatewayView, after: GatewayView, me: string): Notice[] {
  const notices: (Notice | undefined)[] = [];
  if (before.commandReviews !== undefined && after.commandReviews !== before.commandReviews) {
    const known = new Map(before.commandReviews.map((review) => [review.id, review]));
    for (const review of after.commandReviews ?? []) {
      const was = known.get(review.id);
      if (review.principal.id === me) notices.push(decided(was, review));
      else notices.push(toDecide(was, review), glassOfReview(was, review));
    }
  }
  if (before.requests !== undefined && after.requests !== before.requests) {
    const known = new Map(before.requests.map((request) => [request.id, request]));
    for (const request of after.requests ?? [])
      if (request.principal.id !== me) notices.push(glassOfRequest(known.get(request.id), request));
  }
  return notices.flatMap((notice) => notice ?? []);
}

/** Whether it waits for a decision of the person's. */
export const isToDecide = (review: Pick<CommandReview, 'state' | 'reviewable'> | undefined): boolean =>
  review !== undefined && review.state === 'pending' && review.reviewable;

/** `statement`, `command`, `file transfer`, `connection`. */
export const kindWord = ({ kind }: Pick<CommandReview, 'kind'>): string =>
  kind === 'file' ? 'file transfer' : kind === 'forward' ? 'connection' : kind;

/** On one line, cut where it is too long. */
export function lineOf(text: string, longest: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
}

/** As long a text is shown in a notification, with all that belongs to it. */
const SHOWN_TEXT = 160;

/**
 * Whether a line of a notification says all that would run. Where it is cut, its line breaks matter (a comment ends at
 * one), it has parameters or characters that nobody sees, it is decided where the whole of it can be read.
 */
export function fitsNotice({
  text,
  truncated,
  parameters,
}: Pick<CommandReview, 'text' | 'truncated' | 'parameters'>): boolean {
  const line = text.trim();
  return (
    !truncated &&
    parameters.length === 0 &&
    lineOf(text, SHOWN_TEXT) === line.replaceAll(/\s+/g, ' ') &&
    !/--|\/\*|#/.test(line) &&
    !/[\p{Cf}\p{Co}\p{Cn}]|(?!\s)\p{Cc}/u.test(line)
  );
}

const openReview = ({ id }: Pick<CommandReview, 'id'>) =>
  ({ type: 'open', place: { page: 'review', review: id } }) as const;

function toDecide(before: CommandReview | undefined, after: CommandReview): Notice | undefined {
  if (!isToDecide(after) || isToDecide(before)) return undefined;
  const whole = fitsNotice(after);
  const open = { label: 'Open', action: openReview(after) };
  const button = (label: string, verdict: 'approve' | 'deny') => ({
    label,
    action: { type: 'vote', review: after.id, verdict } as const,
  });
  return {
    key: after.id,
    title: `A ${kindWord(after)} is held on ${after.resource}`,
    body: `${firstName(after.principal.displayName)}, ${after.profile}: ${lineOf(after.text, SHOWN_TEXT)} It fails at ${clockText(after.expiresAt)}.`,
    click: open.action,
    buttons: whole
      ? [button('Approve', 'approve'), button('Deny', 'deny'), open]
      : [{ ...open, label: 'Open to decide' }],
    stays: true,
  };
}

/** To whoever sent it. */
function decided(before: CommandReview | undefined, after: CommandReview): Notice | undefined {
  if (before?.state !== 'pending' || after.brokenGlass !== undefined) return undefined;
  const line = lineOf(after.text, 120);
  const base = { key: after.id, click: openReview(after), buttons: [], stays: false };
  switch (after.state) {
    case 'approved': {
      const by = after.votes.findLast(({ verdict }) => verdict === 'approve');
      const who = by === undefined ? 'It was approved' : `${firstName(by.reviewer.displayName)} approved it`;
      return {
        ...base,
        title: `Approved: a ${kindWord(after)} on ${after.resource}`,
        body: `${who}: ${line}`,
      };
    }
    case 'denied': {
      const denial = after.votes.findLast(({ verdict }) => verdict === 'deny');
      const who = denial === undefined ? 'It' : firstName(denial.reviewer.displayName);
      const reason = denial?.reason ?? after.stateReason;
      return {
        ...base,
        title: `Denied: a ${kindWord(after)} on ${after.resource}`,
        body:
          denial === undefined
            ? `It did not run: ${reason ?? 'it was denied'}. ${line}`
            : reason === undefined || reason === ''
              ? `${who} denied it, and it did not run: ${line}`
              : `${who}: “${reason}” It did not run: ${line}`,
      };
    }
    case 'expired':
      return {
        ...base,
        title: `Not answered: a ${kindWord(after)} on ${after.resource}`,
        body: `Nobody decided in time, and it did not run: ${line}`,
      };
    case 'pending':
    case 'withdrawn':
      return undefined;
    default:
      return after.state satisfies never;
  }
}

/** To those who are told: nothing to decide, only to see. */
function glassOfReview(before: CommandReview | undefined, after: CommandReview): Notice | undefined {
  if (after.brokenGlass === undefined || before?.brokenGlass !== undefined) return undefined;
  const open = openReview(after);
  return {
    key: after.id,
    title: `${firstName(after.principal.displayName)} broke the glass on ${after.resource}`,
    body: `“${after.brokenGlass.reason}” Ran without approval: ${lineOf(after.text, 120)}`,
    click: open,
    buttons: [{ label: 'Open', action: open }],
    stays: true,
  };
}

function glassOfRequest(before: AccessRequest | undefined, after: AccessRequest): Notice | undefined {
  if (after.brokenGlass === undefined || before?.brokenGlass !== undefined) return undefined;
  const open = { type: 'open', place: { page: 'approval', request: after.id } } as const;
  const more = after.targets.length > 1 ? ` and ${after.targets.length - 1} more` : '';
  return {
    key: after.id,
    title: `${firstName(after.principal.displayName)} broke the glass for ${after.resource}${more}`,
    body: `${after.profile}, without approval: “${after.brokenGlass.reason}”`,
    click: open,
    buttons: [{ label: 'Open', action: open }],
    stays: true,
  };
}

/** What came of a decision about a held statement that was given outside the window. */
export function voteTold(review: CommandReview, verdict: 'approve' | 'deny'): Notice {
  const what = `a ${kindWord(review)} on ${review.resource}`;
  const who = firstName(review.principal.displayName);
  return {
    key: review.id,
    title: verdict === 'approve' ? `You approved ${what}` : `You denied ${what}`,
    body:
      verdict === 'deny'
        ? `${who} has been told. It did not run.`
        : review.state === 'pending'
          ? `${who} still waits for another approval.`
          : `It runs now, once: ${lineOf(review.text, 120)}`,
    click: openReview(review),
    buttons: [],
    stays: false,
  };
}

/** A decision about a held statement that didn't happen. */
export const voteFailed = (review: Pick<CommandReview, 'id' | 'resource' | 'kind'>, why: string): Notice => ({
  key: review.id,
  title: `Not decided: a ${kindWord(review)} on ${review.resource}`,
  body: why,
  click: openReview(review),
  buttons: [{ label: 'Open', action: openReview(review) }],
  stays: false,
});
