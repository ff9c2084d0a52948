import { CommandReviewId, RequestId } from '@drawbridge/contract';

/** What the buttons of a message are called; their value is the id of what they are about. */
export const ACTIONS = {
  approve: 'drawbridge.approve',
  deny: 'drawbridge.deny',
  open: 'drawbridge.open',
} as const;

/** What can be decided in Slack. */
export type Decidable =
  | { readonly kind: 'request'; readonly id: RequestId }
  | { readonly kind: 'command'; readonly id: CommandReviewId };

/** Reads a button's value; undefined where it is no id of what can be decided. */
export function readDecidable(text: string): Decidable | undefined {
  const request = RequestId.safeParse(text);
  if (request.success) return { kind: 'request', id: request.data };
  const command = CommandReviewId.safeParse(text);
  return command.success ? { kind: 'command', id: command.data } : undefined;
}

/** Where a browser gets into the app: Slack's buttons lead to web addresses only. */
export const openAddress = (publicUrl: string, id: string): string => `${publicUrl}/open/${id}`;

export interface ButtonsOf {
  readonly id: string;
  readonly publicUrl: string;
  /** What approving does, asked again before it is done. Undefined: there is nothing to decide, or not here. */
  readonly approving: string | undefined;
}

export function buttons({ id, publicUrl, approving }: ButtonsOf): object {
  const open = button('Open in Drawbridge', { action_id: ACTIONS.open, url: openAddress(publicUrl, id) });
  if (approving === undefined) return { type: 'actions', elements: [open] };
  const confirm = {
    title: text('Approve?'),
    text: text(approving),
    confirm: text('Approve'),
    deny: text('Not now'),
  };
  return {
    type: 'actions',
    elements: [
      button('Approve', { action_id: ACTIONS.approve, value: id, style: 'primary', confirm }),
      button('Deny…', { action_id: ACTIONS.deny, value: id, style: 'danger' }),
      open,
    ],
  };
}

const text = (content: string) => ({ type: 'plain_text', text: content, emoji: false });
const button = (label: string, rest: object) => ({ type: 'button', text: text(label), ...rest });
