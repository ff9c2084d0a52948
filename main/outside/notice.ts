import type { Place } from '../ipc/contract.ts';

export type NoticeAction =
  | { readonly type: 'open'; readonly place: Place }
  | { readonly type: 'review'; readonly request: string; readonly verdict: 'approve' | 'deny' }
  /** Of a held statement. */
  | { readonly type: 'vote'; readonly review: string; readonly verdict: 'approve' | 'deny' }
  | { readonly type: 'connect'; readonly resource: string; readonly profile: string };

/** A native notification: what it says, and what its buttons do. Plain text; the first action is that of a click. */
export interface Notice {
  /** A later notice with the same key takes the place of this one. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
  readonly click: NoticeAction;
  readonly buttons: readonly { readonly label: string; readonly action: NoticeAction }[];
  /** Stays until the person reacts, where the desktop has that. */
  readonly stays: boolean;
}
