import type { Delivery, Endpoint, Message, ToldObject } from '../endpoint.ts';
import { groupsAsked, nobodyAnswered, wentAhead } from './alert.ts';
import { type Decidable, readDecidable } from './buttons.ts';
import { type CommandMessageOptions, commandMessage } from './command-message.ts';
import { fitted } from './message-size.ts';
import { requestMessage } from './request-message.ts';
import { type SlackApi, type SlackContent, SlackError } from './slack-api.ts';
import type { SlackMessages } from './slack-messages.ts';

export interface SlackParts {
  readonly api: Pick<SlackApi, 'postMessage' | 'updateMessage'>;
  readonly messages: Pick<SlackMessages, 'find' | 'keep' | 'forget'>;
  readonly channel: string;
  readonly show: CommandMessageOptions;
  /** What is to be decided, as it is now. */
  readonly lookUp: (subject: Decidable) => Promise<ToldObject | undefined>;
}

/** What a message stands for. */
type Decided = Exclude<ToldObject, { kind: 'grant' }>;

/** What Slack says of a message that somebody removed, or that is too old to be changed. */
const NO_LONGER_THERE = ['message_not_found', 'cant_update_message', 'edit_window_closed'];

/**
 * The channel in Slack that hears of requests for access and held commands: one message for each, kept as things now
 * are. What is looked up when it is told needs no body, and what was decided before anybody was told is not told.
 */
export class Slack implements Endpoint {
  readonly name = 'slack';
  readonly #parts: SlackParts;

  constructor(parts: SlackParts) {
    this.#parts = parts;
  }

  wants(type: string): boolean {
    return type.startsWith('request.') || type.startsWith('command.');
  }

  compose(): string {
    return '';
  }

  async deliver({ subject, type }: Message): Promise<Delivery> {
    const decidable = readDecidable(subject);
    if (decidable === undefined) return { outcome: 'delivered' };
    const object = await this.#parts.lookUp(decidable);
    if (object === undefined || object.kind === 'grant') return { outcome: 'delivered' };
    try {
      await this.#show(subject, object, type);
      return { outcome: 'delivered' };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return {
        outcome: 'failed',
        reason: error.message,
        ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
      };
    }
  }

  async #show(subject: string, object: Decided, type: string): Promise<void> {
    const { api, messages, channel } = this.#parts;
    const content = fitted(this.#contentOf(object));
    const posted = await messages.find(subject);
    if (posted === undefined) {
      if (isWorthTelling(object)) await messages.keep(subject, await api.postMessage(channel, content));
      return;
    }
    try {
      await api.updateMessage(posted, content);
      const beside = this.#beside(object, type);
      if (beside) await api.postMessage(posted.channel, beside, posted.ts);
    } catch (error) {
      if (!(error instanceof SlackError) || !NO_LONGER_THERE.includes(error.code)) throw error;
      await messages.forget(subject);
    }
  }

  /** What is said beside the message, to alert people. */
  #beside(object: Decided, type: string): SlackContent | undefined {
    const { mentions } = this.#parts.show;
    const { needs, brokenGlass, principal } = stateOf(object);
    if (type.endsWith('.escalated') && isPending(object))
      return nobodyAnswered(groupsAsked(needs, { later: true }), mentions);
    // For access it happens with the request itself, which says so as it is posted.
    if (type === 'command.glass-broken' && brokenGlass)
      return wentAhead(principal.displayName, brokenGlass.told, mentions);
    return undefined;
  }

  #contentOf(object: Decided): SlackContent {
    const { show } = this.#parts;
    return object.kind === 'request'
      ? requestMessage(object.request, show)
      : commandMessage(object.review, show);
  }
}

const stateOf = (object: Decided) => (object.kind === 'request' ? object.request : object.review);

const isPending = (object: Decided): boolean => stateOf(object).state === 'pending';

/** Something to decide, or that somebody went ahead without a decision. */
const isWorthTelling = (object: Decided): boolean =>
  isPending(object) || stateOf(object).brokenGlass !== undefined;
