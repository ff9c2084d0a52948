import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { post } from '../post.ts';

export interface SlackApiParts {
  /** With a slash at the end: `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** A bot token, `xoxb-…`. */
  readonly token: string;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** A call that Slack did not do. `code` is Slack's own word (`channel_not_found`), or one for what went wrong on the way. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly code: string;
  /** Milliseconds that Slack asks to be left alone. */
  readonly retryAfter: number | undefined;

  constructor(method: string, code: string, retryAfter?: number) {
    super(`Slack did not do ${method}: ${code}`);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const LARGEST_ANSWER = 1024 * 1024;

const Answer = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

const PostedMessage = z.object({ channel: z.string(), ts: z.string() });
export type PostedMessage = z.infer<typeof PostedMessage>;

const Identity = z.object({ team_id: z.string(), enterprise_id: z.string().nullish() });
export type SlackIdentity = z.infer<typeof Identity>;

/** The parts of a user object (docs.slack.dev/reference/objects/user-object) that say whose account it is. */
const SlackUser = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  is_email_confirmed: z.boolean().default(false),
  enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
  profile: z.object({ email: z.string().optional() }).default({}),
});
export type SlackUser = z.infer<typeof SlackUser>;

/** What is shown: Block Kit, and a text for where blocks can't be. */
export interface SlackContent {
  readonly text: string;
  readonly blocks: readonly object[];
}

/**
 * The few methods of Slack's Web API that are needed (docs.slack.dev/reference/methods).
 * Each throws a SlackError where Slack can't be reached or doesn't do it.
 */
export class SlackApi {
  readonly #parts: SlackApiParts;

  constructor(parts: SlackApiParts) {
    this.#parts = parts;
  }

  async postMessage(channel: string, content: SlackContent, thread?: string): Promise<PostedMessage> {
    const answer = await this.#call('chat.postMessage', {
      channel,
      ...content,
      unfurl_links: false,
      unfurl_media: false,
      ...(thread === undefined ? {} : { thread_ts: thread, reply_broadcast: true }),
    });
    return PostedMessage.parse(answer);
  }

  async updateMessage({ channel, ts }: PostedMessage, content: SlackContent): Promise<void> {
    await this.#call('chat.update', { channel, ts, ...content });
  }

  async openView(trigger: string, view: object): Promise<void> {
    await this.#call('views.open', { trigger_id: trigger, view });
  }

  /** Whose the token is. */
  async identity(): Promise<SlackIdentity> {
    return Identity.parse(await this.#call('auth.test', {}));
  }

  /** Needs the scopes `users:read` and `users:read.email`. This method takes no JSON. */
  async user(id: string): Promise<SlackUser> {
    const { user } = z
      .object({ user: SlackUser })
      .parse(await this.#call('users.info', { user: id }, 'form'));
    return user;
  }

  async #call(method: string, argument: object, as: 'json' | 'form' = 'json'): Promise<unknown> {
    const { apiUrl, token, clock, signal } = this.#parts;
    const form = as === 'form';
    const answer = await post({
      clock,
      url: new URL(method, apiUrl).href,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8',
      },
      body: form ? new URLSearchParams({ ...argument }).toString() : JSON.stringify(argument),
      signal,
      largestAnswer: LARGEST_ANSWER,
    });
    if ('failed' in answer) throw new SlackError(method, answer.failed);
    const { status, retryAfter, body } = answer;
    if (status !== 200) throw new SlackError(method, `it answered ${status}`, retryAfter);
    const parsed = Answer.safeParse(readJson(body));
    if (!parsed.success) throw new SlackError(method, 'its answer could not be read');
    if (!parsed.data.ok) throw new SlackError(method, parsed.data.error ?? 'it gave no reason', retryAfter);
    return parsed.data;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
