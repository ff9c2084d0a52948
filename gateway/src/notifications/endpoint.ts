import type { AccessRequest, CommandReview, Grant, PrincipalRef } from '@drawbridge/contract';

/** A request or a held command as an auditor sees it: without what only one reader may do with it. */
export type ToldRequest = Omit<AccessRequest, 'reviewable'>;
export type ToldCommand = Omit<CommandReview, 'reviewable' | 'breakable'>;

/** What an event is about, as it was when the event was written. */
export type ToldObject =
  | { readonly kind: 'request'; readonly request: ToldRequest }
  | { readonly kind: 'grant'; readonly grant: Grant }
  | { readonly kind: 'command'; readonly review: ToldCommand };

/** A change of state, as it is told beyond the app. */
export interface ToldEvent {
  /** `evt_…`, without a full stop: it is part of what a webhook signs. */
  readonly id: string;
  /** As in the audit log: `request.created`, `grant.revoked`, … */
  readonly type: string;
  readonly at: Date;
  /** The id of what changed; for a document `Kind/name`. */
  readonly subject: string;
  /** Absent where the gateway itself acted. */
  readonly actor?: PrincipalRef;
  readonly address?: string;
  readonly reason?: string;
  /** Of a document: what changed in it. */
  readonly changes?: unknown;
  readonly object?: ToldObject;
}

/** What waits to be delivered. */
export interface Message {
  readonly seq: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly body: string;
  /** How often it has been tried, this time included. */
  readonly attempts: number;
}

export type Delivery =
  | { readonly outcome: 'delivered' }
  | {
      readonly outcome: 'failed';
      /** For the log and the store: neither what was sent nor what was answered. */
      readonly reason: string;
      /** Milliseconds that the receiver asks to be left alone. */
      readonly retryAfter?: number;
      /** The receiver will never take it. */
      readonly final?: boolean;
    };

/** A place beyond the app that is told of events. */
export interface Endpoint {
  /** Names its messages in the store, the log and the metrics. */
  readonly name: string;
  /** Whether it is told of events of this type. */
  wants(type: string): boolean;
  /** What is kept for it until it is delivered. */
  compose(event: ToldEvent): string;
  /** Tries once. A failure is an answer and no error. */
  deliver(message: Message): Promise<Delivery>;
}
