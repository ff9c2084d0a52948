import type { AccessRequest, Grant } from '@drawbridge/contract';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { firstName } from './first-name.ts';
import { heldNoticesOf } from './held-notices.ts';
import type { Notice } from './notice.ts';
import { clockText, durationText, timeLeft } from './time-left.ts';

export const LAST_MINUTES = 5 * 60_000;

/**
 * What is worth a notification in the change from one view of a gateway to the next. Nothing on the first load:
 * what was there before the app started stands in the window and the tray.
 */
export function noticesOf(before: GatewayView, after: GatewayView): Notice[] {
  const me = after.me?.user.id;
  if (me === undefined || before.me?.user.id !== me) return [];
  const notices: Notice[] = [];
  notices.push(...heldNoticesOf(before, after, me));
  if (before.requests !== undefined && after.requests !== undefined && before.requests !== after.requests) {
    const known = new Map(before.requests.map((request) => [request.id, request]));
    for (const request of after.requests) {
      const notice =
        request.principal.id === me
          ? decided(known.get(request.id), request)
          : toReview(known.get(request.id), request);
      if (notice !== undefined) notices.push(notice);
    }
  }
  if (before.grants !== undefined && after.grants !== undefined && before.grants !== after.grants) {
    const known = new Map(before.grants.map((grant) => [grant.id, grant]));
    for (const grant of after.grants) {
      const notice = ended(known.get(grant.id), grant, me);
      if (notice !== undefined) notices.push(notice);
    }
  }
  return notices;
}

/** `orders-db, read`, `more time on orders-db, read`, `orders-db, read, and 2 more`. */
export function whatOf({
  resource,
  profile,
  targets,
  extends: extended,
}: Pick<AccessRequest, 'resource' | 'profile' | 'targets' | 'extends'>): string {
  const more = targets.length > 1 ? `, and ${targets.length - 1} more` : '';
  return `${extended === undefined ? '' : 'more time on '}${resource}, ${profile}${more}`;
}

const isOpen = (request: AccessRequest | undefined): boolean =>
  request !== undefined && request.state === 'pending' && request.reviewable;

function toReview(before: AccessRequest | undefined, after: AccessRequest): Notice | undefined {
  if (!isOpen(after) || isOpen(before)) return undefined;
  const env = after.labels.env;
  const facts = [durationText(after.duration * 1000), ...(env === undefined ? [] : [environment(env)])].join(
    ', ',
  );
  return {
    key: after.id,
    title: `${firstName(after.principal.displayName)} asks for ${whatOf(after)}`,
    body: `${facts}. ${after.reason}`,
    click: { type: 'open', place: { page: 'approval', request: after.id } },
    buttons: [
      { label: 'Approve', action: { type: 'review', request: after.id, verdict: 'approve' } },
      { label: 'Deny', action: { type: 'review', request: after.id, verdict: 'deny' } },
      { label: 'Open', action: { type: 'open', place: { page: 'approval', request: after.id } } },
    ],
    stays: true,
  };
}

function decided(before: AccessRequest | undefined, after: AccessRequest): Notice | undefined {
  // A request that policy grants at once was answered in the window.
  if (before?.state !== 'pending') return undefined;
  if (after.state === 'approved') return approved(after);
  if (after.state !== 'denied') return undefined;
  const denial = after.reviews.findLast(({ verdict }) => verdict === 'deny');
  const who = denial === undefined ? 'A reviewer' : firstName(denial.reviewer.displayName);
  const open = { type: 'open', place: { page: 'access' } } as const;
  return {
    key: after.id,
    title: `Denied: ${whatOf(after)}`,
    body:
      denial?.reason === undefined || denial.reason === ''
        ? `${who} denied it.`
        : `${who}: “${denial.reason}”`,
    click: open,
    buttons: [{ label: 'Open', action: open }],
    stays: false,
  };
}

function approved(request: AccessRequest): Notice {
  const approvals = request.reviews.filter(({ verdict }) => verdict === 'approve');
  const last = approvals.at(-1);
  const seconds = Math.min(request.duration, ...approvals.flatMap(({ duration }) => duration ?? []));
  const time = durationText(seconds * 1000);
  const who = last === undefined ? undefined : firstName(last.reviewer.displayName);
  const did =
    who === undefined
      ? `You have ${time}.`
      : seconds < request.duration
        ? `${who} shortened it to ${time}.`
        : `${who} approved ${time}.`;
  const connect = { type: 'connect', resource: request.resource, profile: request.profile } as const;
  return {
    key: request.id,
    title: `Approved: ${whatOf(request)}`,
    body:
      request.extends === undefined
        ? `${did} They start when you first connect.`
        : `${did} Open connections go on.`,
    click: connect,
    buttons: [{ label: 'Connect', action: connect }],
    stays: false,
  };
}

function ended(before: Grant | undefined, after: Grant, me: string): Notice | undefined {
  const wasUsable = before?.state === 'active' || before?.state === 'approved';
  if (!wasUsable || (after.state !== 'expired' && after.state !== 'revoked' && after.state !== 'ended'))
    return undefined;
  // Who ended it knows.
  if (after.endedBy?.id === me) return undefined;
  const who =
    after.endedBy === undefined ? 'It was revoked' : `${firstName(after.endedBy.displayName)} ended it`;
  const body =
    after.state === 'expired'
      ? before?.state === 'active'
        ? `Time is up: it was given for ${durationText(after.duration * 1000)}.`
        : 'It was not used in time.'
      : after.endReason === undefined || after.endReason === ''
        ? `${who}.`
        : `${who}: “${after.endReason}”`;
  return {
    key: `${after.id}/end`,
    title: `Ended: ${after.resource}, ${after.profile}`,
    body,
    click: { type: 'open', place: { page: 'access' } },
    buttons: [],
    stays: false,
  };
}

/** Said once for each grant, when it has five minutes left. */
export function lastMinutes(grant: Grant, now: number): Notice | undefined {
  const left = timeLeft(grant, now);
  // A grant that short was known to be short.
  if (left === undefined || left === 0 || left > LAST_MINUTES || grant.duration * 1000 <= LAST_MINUTES * 1.2)
    return undefined;
  const extend = { page: 'extend', grant: grant.id } as const;
  return {
    key: `${grant.id}/end`,
    title: `${durationText(left)} left on ${grant.resource}`,
    body: `Its sessions close at ${clockText(grant.expiresAt ?? '')}.`,
    click: { type: 'open', place: extend },
    buttons: [{ label: 'Ask for more time', action: { type: 'open', place: extend } }],
    stays: false,
  };
}

/** What came of an approval or denial that was given outside the window. */
export function reviewTold(request: AccessRequest, verdict: 'approve' | 'deny'): Notice {
  const what = whatOf(request);
  const who = firstName(request.principal.displayName);
  const waiting = request.state === 'pending';
  return {
    key: request.id,
    title: verdict === 'approve' ? `You approved ${what}` : `You denied ${what}`,
    body:
      verdict === 'deny'
        ? `${who} has been told.`
        : waiting
          ? `${who} still waits for another approval.`
          : request.extends === undefined
            ? `${who} has ${durationText(request.duration * 1000)} from the first connection on.`
            : `${who} has ${durationText(request.duration * 1000)} from now on.`,
    click: { type: 'open', place: { page: 'approvals' } },
    buttons: [],
    stays: false,
  };
}

/** An approval or denial that didn't happen. */
export const reviewFailed = (
  request: Pick<AccessRequest, 'id' | 'resource' | 'profile' | 'targets' | 'extends'>,
  why: string,
): Notice => ({
  key: request.id,
  title: `Not decided: ${whatOf(request)}`,
  body: why,
  click: { type: 'open', place: { page: 'approval', request: request.id } },
  buttons: [{ label: 'Open', action: { type: 'open', place: { page: 'approval', request: request.id } } }],
  stays: false,
});

/** Somebody has to sign in again; connections wait for it. */
export const signInNotice = (gateway: string): Notice => ({
  key: 'sign-in',
  title: 'Sign in again',
  body: `${gateway} wants to know that it is you. Open connections wait for it.`,
  click: { type: 'open', place: { page: 'resources' } },
  buttons: [{ label: 'Open', action: { type: 'open', place: { page: 'resources' } } }],
  stays: false,
});

const environment = (env: string): string => (['prod', 'production'].includes(env) ? 'production' : env);
