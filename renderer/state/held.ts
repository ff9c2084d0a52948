import type { CommandReview } from '@drawbridge/contract';
import { useMemo } from 'react';
import { useApp } from './app-store.ts';

const none: readonly CommandReview[] = [];

/** Held statements and commands that wait for this person, the one that fails first leading. */
export function useHeldToDecide(): readonly CommandReview[] {
  const reviews = useApp((state) => state.commandReviews) ?? none;
  return useMemo(
    () =>
      reviews
        .filter((review) => review.reviewable && review.state === 'pending')
        .toSorted((a, b) => a.expiresAt.localeCompare(b.expiresAt)),
    [reviews],
  );
}

/** What this person sent and still waits for. */
export function useOwnHeld(): readonly CommandReview[] {
  const me = useApp((state) => state.me?.user.id);
  const reviews = useApp((state) => state.commandReviews) ?? none;
  return useMemo(
    () => reviews.filter((review) => review.principal.id === me && review.state === 'pending'),
    [reviews, me],
  );
}

export function useCommandReview(id: string | undefined): CommandReview | undefined {
  const reviews = useApp((state) => state.commandReviews) ?? none;
  return useMemo(() => reviews.find((review) => review.id === id), [reviews, id]);
}

/** How long a held statement still waits. */
export interface WaitLeft {
  readonly seconds: number;
  /** Of the whole, 0 to 1. */
  readonly share: number;
}

export function waitLeft(
  { createdAt, expiresAt }: { readonly createdAt?: string; readonly expiresAt: string },
  now: number,
): WaitLeft {
  const end = Date.parse(expiresAt);
  const seconds = Math.max(0, (end - now) / 1000);
  // Five minutes are what a gateway gives where nobody said otherwise.
  const whole = createdAt === undefined ? 300 : (end - Date.parse(createdAt)) / 1000;
  return { seconds, share: whole <= 0 ? 0 : Math.min(1, seconds / whole) };
}
