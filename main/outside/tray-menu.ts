import type { AccessRequest, CommandReview, Grant, Resource } from '@drawbridge/contract';
import { isUsable } from '../gateway/gateway-view.ts';
import type { ConnectionState, GatewayProfile } from '../ipc/app-state.ts';
import type { Place, QuitQuestion } from '../ipc/contract.ts';
import { fitsNotice, isToDecide, lineOf } from './held-notices.ts';
import { whatOf } from './notices.ts';
import { quitSummary } from './quit-question.ts';
import { durationText, grantTimeText } from './time-left.ts';

export type TrayAction =
  | { readonly type: 'open'; readonly place?: Place }
  | { readonly type: 'copy-line'; readonly resource: string; readonly profile: string }
  | { readonly type: 'end-grant'; readonly grant: string }
  | { readonly type: 'review'; readonly request: string; readonly verdict: 'approve' | 'deny' }
  | { readonly type: 'vote'; readonly review: string; readonly verdict: 'approve' | 'deny' }
  | { readonly type: 'withdraw-held'; readonly review: string }
  | { readonly type: 'cancel-request'; readonly request: string }
  | { readonly type: 'select-gateway'; readonly gateway: string }
  | { readonly type: 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  /** A heading or a fact: can't be pressed. */
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'item'; readonly label: string; readonly action: TrayAction; readonly checked?: boolean }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] };

export interface TrayView {
  readonly now: number;
  readonly connection: ConnectionState;
  readonly me: string | undefined;
  readonly requests: readonly AccessRequest[];
  readonly commandReviews: readonly CommandReview[];
  readonly grants: readonly Grant[];
  readonly resources: readonly Pick<Resource, 'name' | 'protocol'>[];
  readonly gateways: readonly GatewayProfile[];
  readonly activeGateway: string | undefined;
  readonly closing: QuitQuestion | undefined;
}

const MOST_REVIEWS = 10;

/** Those that wait for this person's decision. */
const toReview = (requests: readonly AccessRequest[]): AccessRequest[] =>
  requests.filter((request) => request.state === 'pending' && request.reviewable);

/** The tray's menu, top to bottom. */
export function trayMenu(view: TrayView): TrayItem[] {
  const groups = [
    connectionItems(view),
    activeItems(view),
    waitingItems(view),
    commandItems(view),
    gatewayItems(view),
    quitItems(view),
  ];
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [{ kind: 'separator' } as const, ...group]));
}

function connectionItems({ connection }: TrayView): TrayItem[] {
  switch (connection.status) {
    case 'offline':
      return [{ kind: 'text', label: `Gateway out of reach since ${connection.since.slice(11, 16)} UTC` }];
    case 'sign-in-needed':
      return [{ kind: 'item', label: 'Sign in…', action: { type: 'open' } }];
    default:
      return [];
  }
}

function activeItems({ grants, resources, now }: TrayView): TrayItem[] {
  const active = grants.filter(isUsable);
  if (active.length === 0) return [];
  return [
    { kind: 'text', label: 'Active now' },
    ...active.map((grant): TrayItem => {
      const { resource, profile } = grant;
      const shell = resources.find(({ name }) => name === resource)?.protocol === 'ssh';
      return {
        kind: 'menu',
        label: `${resource}, ${profile}: ${grantTimeText(grant, now)}`,
        items: [
          {
            kind: 'item',
            label: shell ? 'Open terminal' : 'Open SQL console',
            action: { type: 'open', place: { page: 'connect', resource, profile } },
          },
          {
            kind: 'item',
            label: shell ? 'Copy ssh line' : 'Copy psql line',
            action: { type: 'copy-line', resource, profile },
          },
          { kind: 'separator' },
          { kind: 'item', label: 'End now', action: { type: 'end-grant', grant: grant.id } },
        ],
      };
    }),
  ];
}

function waitingItems({ requests, commandReviews, me, now }: TrayView): TrayItem[] {
  const own = requests.filter((request) => request.state === 'pending' && request.principal.id === me);
  const held = commandReviews.filter((review) => review.state === 'pending' && review.principal.id === me);
  if (own.length + held.length === 0) return [];
  return [
    { kind: 'text', label: 'Waiting' },
    ...held.map(
      (review): TrayItem => ({
        kind: 'menu',
        label: `${review.resource}, held: ${lineOf(review.text, 40)}`,
        items: [
          {
            kind: 'item',
            label: 'Open',
            action: { type: 'open', place: { page: 'review', review: review.id } },
          },
          { kind: 'item', label: 'Withdraw it', action: { type: 'withdraw-held', review: review.id } },
        ],
      }),
    ),
    ...own.map((request): TrayItem => {
      const groups = request.needs.flatMap((need) => (need.kind === 'approve' ? need.groups : []));
      const since = durationText(now - Date.parse(request.createdAt));
      return {
        kind: 'menu',
        label: `${whatOf(request)}: ${[...new Set(groups)].join(' or ') || 'review'}, ${since}`,
        items: [
          { kind: 'item', label: 'Open', action: { type: 'open', place: { page: 'access' } } },
          {
            kind: 'item',
            label: 'Cancel the request',
            action: { type: 'cancel-request', request: request.id },
          },
        ],
      };
    }),
  ];
}

function commandItems({ requests, commandReviews, connection }: TrayView): TrayItem[] {
  const held = commandReviews.filter(isToDecide);
  const reviews = toReview(requests);
  const open: TrayItem = { kind: 'item', label: 'Open Drawbridge', action: { type: 'open' } };
  return [
    ...(held.length + reviews.length === 0 ? [] : [reviewMenu(held, reviews)]),
    ...(connection.status === 'online'
      ? [
          {
            kind: 'item',
            label: 'Request access…',
            action: { type: 'open', place: { page: 'resources' } },
          } as const,
        ]
      : []),
    open,
  ];
}

const reviewMenu = (held: readonly CommandReview[], reviews: readonly AccessRequest[]): TrayItem => ({
  kind: 'menu',
  label:
    held.length + reviews.length === 1
      ? 'Review 1 approval'
      : `Review ${held.length + reviews.length} approvals`,
  items: [
    ...held.slice(0, MOST_REVIEWS).map(heldMenu),
    ...reviews.slice(0, MOST_REVIEWS).map(
      (request): TrayItem => ({
        kind: 'menu',
        label: `${request.principal.displayName}: ${whatOf(request)}, ${durationText(request.duration * 1000)}`,
        items: [
          { kind: 'text', label: shortened(`“${request.reason}”`) },
          { kind: 'separator' },
          {
            kind: 'item',
            label: 'Approve',
            action: { type: 'review', request: request.id, verdict: 'approve' },
          },
          { kind: 'item', label: 'Deny', action: { type: 'review', request: request.id, verdict: 'deny' } },
          {
            kind: 'item',
            label: 'Open',
            action: { type: 'open', place: { page: 'approval', request: request.id } },
          },
        ],
      }),
    ),
    { kind: 'separator' },
    { kind: 'item', label: 'Open approvals', action: { type: 'open', place: { page: 'approvals' } } },
  ],
});

/** Somebody's session waits: these come first. What a line can't show whole is decided where it can be read. */
const heldMenu = (review: CommandReview): TrayItem => {
  const open: TrayItem = {
    kind: 'item',
    label: 'Open',
    action: { type: 'open', place: { page: 'review', review: review.id } },
  };
  const decide = (label: string, verdict: 'approve' | 'deny'): TrayItem => ({
    kind: 'item',
    label,
    action: { type: 'vote', review: review.id, verdict },
  });
  return {
    kind: 'menu',
    label: `${review.principal.displayName}: held on ${review.resource}, ${review.profile}`,
    items: [
      { kind: 'text', label: lineOf(review.text, 160) },
      { kind: 'separator' },
      ...(fitsNotice(review) ? [decide('Approve', 'approve'), decide('Deny', 'deny')] : []),
      open,
    ],
  };
};

function gatewayItems({ gateways, activeGateway }: TrayView): TrayItem[] {
  const active = gateways.find(({ id }) => id === activeGateway);
  return [
    ...(active === undefined
      ? []
      : [
          {
            kind: 'menu' as const,
            label: `Gateway: ${active.name}`,
            items: gateways.map(
              ({ id, name }): TrayItem => ({
                kind: 'item',
                label: name,
                checked: id === activeGateway,
                action: { type: 'select-gateway', gateway: id },
              }),
            ),
          },
        ]),
    { kind: 'item', label: 'Settings…', action: { type: 'open', place: { page: 'settings' } } },
  ];
}

function quitItems({ closing }: TrayView): TrayItem[] {
  const quit: TrayItem = {
    kind: 'item',
    label: closing === undefined ? 'Quit Drawbridge' : 'Quit Drawbridge…',
    action: { type: 'quit' },
  };
  return closing === undefined ? [quit] : [quit, { kind: 'text', label: quitSummary(closing) }];
}

const shortened = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 80 ? line : `${line.slice(0, 78)}…”`;
};

/** What the icon says: its tone, and the few characters beside it where the system shows them. */
export interface TrayFace {
  readonly tone: 'idle' | 'active';
  readonly title: string;
  readonly tooltip: string;
}

const LAST_MINUTES = 5 * 60_000;

export function trayFace({ connection, grants, requests, commandReviews, now }: TrayView): TrayFace {
  const reviews = toReview(requests).length + commandReviews.filter(isToDecide).length;
  const active = grants.filter((grant) => grant.state === 'active');
  const ends = Math.min(...active.map((grant) => Date.parse(grant.expiresAt ?? '') - now));
  const offline = connection.status === 'offline';
  const title =
    reviews > 0 ? String(reviews) : ends <= LAST_MINUTES ? `${Math.max(1, Math.ceil(ends / 60_000))}m` : '';
  const facts = [
    ...(offline ? ['gateway out of reach'] : []),
    ...(connection.status === 'sign-in-needed' ? ['sign-in needed'] : []),
    ...(active.length > 0 ? [`${active.length} active`] : []),
    ...(reviews > 0 ? [`${reviews} to review`] : []),
  ];
  return {
    tone: active.length > 0 && !offline ? 'active' : 'idle',
    title,
    tooltip: facts.length === 0 ? 'Drawbridge' : `Drawbridge: ${facts.join(', ')}`,
  };
}
