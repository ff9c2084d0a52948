import type { ToldCommand, ToldEvent, ToldObject } from '../endpoint.ts';

export interface WebhookBodyOptions {
  /** Name of the gateway, for receivers of several. */
  readonly gateway: string;
  /** Whether the text and the parameters of held commands are sent: they may hold personal data. */
  readonly includeStatements: boolean;
}

/** An event as JSON: `type`, `timestamp` and `data` (Standard Webhooks, "Payload structure"). */
export function webhookBody(event: ToldEvent, options: WebhookBodyOptions): string {
  const { type, at, subject, actor, address, reason, changes, object } = event;
  return JSON.stringify({
    type,
    timestamp: at.toISOString(),
    data: {
      gateway: options.gateway,
      subject,
      actor,
      address,
      reason,
      changes,
      ...(object && shown(object, options)),
    },
  });
}

function shown(object: ToldObject, { includeStatements }: WebhookBodyOptions): object {
  switch (object.kind) {
    case 'request':
      return { request: object.request };
    case 'grant':
      return { grant: object.grant };
    case 'command':
      return { commandReview: includeStatements ? object.review : withoutStatement(object.review) };
    default:
      return object satisfies never;
  }
}

function withoutStatement({
  text: _text,
  parameters: _parameters,
  truncated: _truncated,
  ...rest
}: ToldCommand) {
  return rest;
}
