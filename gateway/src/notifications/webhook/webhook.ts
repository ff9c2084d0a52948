import type { Clock } from '../../clock.ts';
import { VERSION } from '../../version.ts';
import type { Delivery, Endpoint, Message, ToldEvent } from '../endpoint.ts';
import type { EventSelection } from '../event-types.ts';
import { isSelected } from '../event-types.ts';
import { post } from '../post.ts';
import { sign } from './signature.ts';
import { webhookBody } from './webhook-body.ts';

export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  /** Newest first; all of them sign. */
  readonly keys: readonly Buffer[];
  readonly events: EventSelection;
  readonly includeStatements: boolean;
}

export interface WebhookParts {
  readonly settings: WebhookSettings;
  readonly gateway: string;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** "No longer interested" (Standard Webhooks, "Delivery success and failure"). */
const GONE = 410;

/** A receiver of signed webhooks, by the Standard Webhooks specification. */
export class Webhook implements Endpoint {
  readonly name: string;
  readonly #parts: WebhookParts;

  constructor(parts: WebhookParts) {
    this.name = `webhook:${parts.settings.name}`;
    this.#parts = parts;
  }

  wants(type: string): boolean {
    return isSelected(this.#parts.settings.events, type);
  }

  compose(event: ToldEvent): string {
    const { settings, gateway } = this.#parts;
    return webhookBody(event, { gateway, includeStatements: settings.includeStatements });
  }

  async deliver({ id, body }: Message): Promise<Delivery> {
    const { settings, clock, signal } = this.#parts;
    const timestamp = Math.floor(clock.now() / 1000);
    const answer = await post({
      clock,
      url: settings.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': `drawbridge-gateway/${VERSION}`,
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign(settings.keys, id, timestamp, body),
      },
      body,
      signal,
      largestAnswer: 0,
    });
    if ('failed' in answer) return { outcome: 'failed', reason: answer.failed };
    const { status, retryAfter } = answer;
    if (status >= 200 && status < 300) return { outcome: 'delivered' };
    return {
      outcome: 'failed',
      reason: `it answered ${status}`,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(status === GONE ? { final: true } : {}),
    };
  }
}
