import { type CommandReviewId, DrawbridgeError, type GrantId, type RequestId } from '@drawbridge/contract';
import { ClientError } from '@drawbridge/gateway-client';
import type { MainClock } from '../clock.ts';
import type { GatewayConnection } from '../gateway/gateway-connection.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import type { Place } from '../ipc/contract.ts';
import { isToDecide, voteFailed, voteTold } from './held-notices.ts';
import type { Notice, NoticeAction } from './notice.ts';
import { LAST_MINUTES, lastMinutes, noticesOf, reviewFailed, reviewTold, signInNotice } from './notices.ts';
import type { Notifier } from './notifier.ts';
import { timeLeft } from './time-left.ts';

export interface OutsideParts {
  readonly notifier: Notifier;
  readonly clock: MainClock;
  /** Whether the person wants notifications. */
  readonly wanted: () => boolean;
  /** Brings a place on the screen, of that gateway or of the chosen one. */
  readonly open: (gateway: string | undefined, place: Place) => void;
  /** Whether the person looks at the window, where the same can be seen. */
  readonly watching: () => boolean;
  readonly log: (message: string, error: unknown) => void;
}

/**
 * What happens without the window: notifications about each gateway, and decisions given on them. A decision
 * is checked against what is known now, and the gateway has the last word; the result is told.
 */
export class Outside {
  readonly #parts: OutsideParts;
  /** Grants whose last minutes were announced. */
  readonly #announced = new Set<string>();
  readonly #timers = new Map<string, () => void>();

  constructor(parts: OutsideParts) {
    this.#parts = parts;
  }

  /** To be told of each change of a gateway. */
  changed(gateway: GatewayConnection, before: GatewayView, after: GatewayView): void {
    for (const notice of noticesOf(before, after)) this.#show(gateway, notice);
    if (after.requests !== before.requests)
      this.#withdrawDecided(before.requests, after.requests, after.me?.user.id);
    if (after.commandReviews !== before.commandReviews)
      this.#withdrawDecided(before.commandReviews, after.commandReviews, after.me?.user.id);
    if (after.grants !== before.grants) this.#armTimers(gateway);
    if (
      after.connection.status === 'sign-in-needed' &&
      before.connection.status !== 'sign-in-needed' &&
      before.connection.status !== 'signing-in' &&
      before.me !== undefined &&
      after.me !== undefined &&
      !this.#parts.watching()
    )
      this.#show(gateway, signInNotice(gateway.profile.name));
  }

  /** Approves or denies from a notification or the tray. Never throws: what came of it is told. */
  async review(gateway: GatewayConnection, id: string, verdict: 'approve' | 'deny'): Promise<void> {
    const request = gateway.view.requests?.find((candidate) => candidate.id === id);
    if (request === undefined) return;
    if (request.state !== 'pending' || !request.reviewable) {
      const last = request.reviews.at(-1);
      const by = last === undefined ? '' : ` by ${last.reviewer.displayName}`;
      return this.#show(
        gateway,
        reviewFailed(
          request,
          request.state === 'pending' ? 'You have decided already.' : `It is ${request.state} already${by}.`,
        ),
      );
    }
    try {
      const decided = await gateway.run((api) =>
        api.call('createReview', { params: { id: request.id satisfies RequestId }, body: { verdict } }),
      );
      gateway.take({ request: decided });
      this.#show(gateway, reviewTold(decided, verdict));
    } catch (error) {
      this.#show(gateway, reviewFailed(request, reasonOf(error)));
    }
  }

  /** Approves or denies a held statement, like a request. */
  async vote(gateway: GatewayConnection, id: string, verdict: 'approve' | 'deny'): Promise<void> {
    const review = gateway.view.commandReviews?.find((candidate) => candidate.id === id);
    if (review === undefined) return;
    if (!isToDecide(review)) {
      const why = review.state === 'pending' ? 'You have decided already.' : `It is ${review.state} already.`;
      return this.#show(gateway, voteFailed(review, why));
    }
    try {
      const decided = await gateway.run((api) =>
        api.call('voteOnCommand', { params: { id: review.id }, body: { verdict } }),
      );
      gateway.take({ review: decided });
      this.#show(gateway, voteTold(decided, verdict));
    } catch (error) {
      this.#show(gateway, voteFailed(review, reasonOf(error)));
    }
  }

  /** Withdraws the person's own held statement from the tray. */
  async withdrawHeld(gateway: GatewayConnection, id: CommandReviewId): Promise<void> {
    await this.#attempt(gateway, 'The statement is still held', async () => {
      const review = await gateway.run((api) => api.call('withdrawCommand', { params: { id } }));
      gateway.take({ review });
    });
  }

  /** Ends a grant from the tray. */
  async endGrant(gateway: GatewayConnection, id: GrantId): Promise<void> {
    await this.#attempt(gateway, 'The access was not ended', async () => {
      const grant = await gateway.run((api) => api.call('revokeGrant', { params: { id }, body: {} }));
      gateway.take({ grant });
    });
  }

  /** Withdraws the person's own request from the tray. */
  async cancelRequest(gateway: GatewayConnection, id: RequestId): Promise<void> {
    await this.#attempt(gateway, 'The request was not cancelled', async () => {
      const request = await gateway.run((api) => api.call('cancelRequest', { params: { id } }));
      gateway.take({ request });
    });
  }

  /** Shows a line of the app's own. */
  tell(title: string, body: string, place: Place = { page: 'resources' }): void {
    this.#present(
      { key: `app/${title}`, title, body, click: { type: 'open', place }, buttons: [], stays: false },
      (action) => {
        if (action.type === 'open') this.#parts.open(undefined, action.place);
      },
    );
  }

  close(): void {
    for (const callOff of this.#timers.values()) callOff();
    this.#timers.clear();
    this.#parts.notifier.close();
  }

  async #attempt(gateway: GatewayConnection, title: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      const click = { type: 'open', place: { page: 'access' } } as const;
      this.#show(gateway, {
        key: `app/${title}`,
        title,
        body: reasonOf(error),
        click,
        buttons: [],
        stays: false,
      });
    }
  }

  #show(gateway: GatewayConnection, notice: Notice): void {
    this.#present(notice, (action) => this.#act(gateway, action));
  }

  #present(notice: Notice, act: (action: NoticeAction) => void): void {
    if (!this.#parts.wanted()) return;
    this.#parts.notifier
      .show(notice, act)
      .catch((error: unknown) => this.#parts.log('a notification was not shown', error));
  }

  #act(gateway: GatewayConnection, action: NoticeAction): void {
    switch (action.type) {
      case 'open':
        this.#parts.open(gateway.profile.id, action.place);
        return;
      case 'connect':
        this.#parts.open(gateway.profile.id, {
          page: 'connect',
          resource: action.resource,
          profile: action.profile,
        });
        return;
      case 'review':
        return void this.review(gateway, action.request, action.verdict);
      case 'vote':
        return void this.vote(gateway, action.review, action.verdict);
      default:
        action satisfies never;
    }
  }

  /** What somebody else has decided needs no answer any more. */
  #withdrawDecided(
    before: readonly Decidable[] | undefined,
    after: readonly Decidable[] | undefined,
    me: string | undefined,
  ): void {
    const open = new Set((after ?? []).filter(isDecidable).map(({ id }) => id));
    for (const item of before ?? [])
      if (isDecidable(item) && item.principal.id !== me && !open.has(item.id))
        void this.#parts.notifier.withdraw(item.id);
  }

  #armTimers(gateway: GatewayConnection): void {
    const { clock } = this.#parts;
    for (const grant of gateway.view.grants ?? []) {
      const key = `${grant.id} ${grant.expiresAt ?? ''}`;
      const left = timeLeft(grant, clock.now());
      if (left === undefined || this.#announced.has(key) || this.#timers.has(key)) continue;
      const callOff = clock.after(Math.max(0, left - LAST_MINUTES), () => {
        this.#timers.delete(key);
        this.#announced.add(key);
        // What is true now counts: it may have been ended meanwhile.
        const now = gateway.view.grants?.find(({ id }) => id === grant.id);
        const notice = now === undefined ? undefined : lastMinutes(now, clock.now());
        if (notice !== undefined) this.#show(gateway, notice);
      });
      this.#timers.set(key, callOff);
    }
  }
}

interface Decidable {
  readonly id: string;
  readonly state: string;
  readonly reviewable: boolean;
  readonly principal: { readonly id: string };
}
const isDecidable = ({ state, reviewable }: Decidable): boolean => state === 'pending' && reviewable;

const reasonOf = (error: unknown): string =>
  error instanceof DrawbridgeError || error instanceof ClientError
    ? sentence(error.message)
    : 'The app failed to do this.';

const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
