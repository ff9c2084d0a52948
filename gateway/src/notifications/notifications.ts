import type { Kysely } from 'kysely';
import type { Note } from '../access/announce.ts';
import { findByVerifiedEmail } from '../access/users.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../observe/logger.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import { Courier, type CourierParts } from './courier.ts';
import type { Endpoint } from './endpoint.ts';
import { createLookUp } from './look-up.ts';
import { Notifier } from './notifier.ts';
import { Outbox, type OutboxCount } from './outbox.ts';
import { Interactions, type InteractionsParts } from './slack/interactions.ts';
import { Slack } from './slack/slack.ts';
import { SlackApi } from './slack/slack-api.ts';
import { SlackMessages } from './slack/slack-messages.ts';
import { SlackPeople } from './slack/slack-people.ts';
import { readSecrets } from './webhook/signature.ts';
import { Webhook } from './webhook/webhook.ts';

export interface NotificationsParts {
  readonly config: Pick<Config, 'name' | 'publicUrl' | 'notifications' | 'identity'>;
  readonly db: Kysely<Database>;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  readonly attempted: CourierParts['attempted'];
  /** 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What is told beyond the app, as configured: put together here, with nothing to do where nothing is configured. */
export class Notifications {
  readonly #parts: NotificationsParts;
  readonly #outbox: Outbox;
  readonly #notifier: Notifier;
  readonly #courier: Courier;
  readonly #slackApi: SlackApi | undefined;
  readonly #names: readonly string[];
  readonly #stopping = new AbortController();
  #interactions: Interactions | undefined;

  constructor(parts: NotificationsParts) {
    this.#parts = parts;
    const { config, db, keyring, clock, logger, attempted, random = Math.random } = parts;
    const { webhooks, slack } = config.notifications;
    const { signal } = this.#stopping;
    const lookUp = createLookUp(clock, keyring);
    this.#slackApi = slack && new SlackApi({ apiUrl: slack.apiUrl, token: slack.token, clock, signal });
    const endpoints: Endpoint[] = webhooks.map(
      ({ secret, ...settings }) =>
        new Webhook({
          settings: { ...settings, keys: readSecrets(secret) ?? [] },
          gateway: config.name,
          clock,
          signal,
        }),
    );
    if (slack && this.#slackApi)
      endpoints.push(
        new Slack({
          api: this.#slackApi,
          messages: new SlackMessages(db),
          channel: slack.channel,
          show: {
            publicUrl: config.publicUrl,
            decidable: slack.signingSecret !== undefined,
            mentions: slack.mentions,
            includeStatements: slack.includeStatements,
          },
          lookUp: (subject) => lookUp(subject, db),
        }),
      );
    this.#names = endpoints.map(({ name }) => name);
    this.#outbox = new Outbox(db, keyring);
    this.#notifier = new Notifier({ outbox: this.#outbox, endpoints, lookUp, clock });
    this.#courier = new Courier({ outbox: this.#outbox, endpoints, clock, logger, random, attempted });
  }

  readonly note: Note = (transaction, change, entry) => this.#notifier.note(transaction, change, entry);

  /** What answers Slack's buttons; undefined where there are none. */
  interactions(decide: Pick<InteractionsParts, 'review' | 'vote' | 'audit'>): Interactions | undefined {
    const { config, db, clock, logger } = this.#parts;
    const { slack } = config.notifications;
    if (slack?.signingSecret === undefined || this.#slackApi === undefined) return undefined;
    this.#interactions = new Interactions({
      ...decide,
      signingSecret: slack.signingSecret,
      api: this.#slackApi,
      apiUrl: slack.apiUrl,
      messages: new SlackMessages(db),
      people: new SlackPeople({
        api: this.#slackApi,
        byVerifiedEmail: (email) => findByVerifiedEmail(db, email),
        clock,
        relyFor: config.identity.maxLifetime,
        publicUrl: config.publicUrl,
      }),
      clock,
      logger,
      signal: this.#stopping.signal,
    });
    return this.#interactions;
  }

  start(): void {
    this.#courier.start();
  }

  /** Something changed, here or on another gateway. */
  wake(): void {
    this.#courier.wake();
  }

  /** What waits and what was given up, for each endpoint; zero where there is nothing. */
  async counts(): Promise<OutboxCount[]> {
    const counted = await this.#outbox.counts();
    const missing = this.#names.filter((name) => !counted.some(({ endpoint }) => endpoint === name));
    return [...counted, ...missing.map((endpoint) => ({ endpoint, pending: 0, failed: 0 }))];
  }

  /** Ends what is under way; what was not delivered is tried again by another gateway, or at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#courier.stop();
    await this.#interactions?.settled();
  }
}
