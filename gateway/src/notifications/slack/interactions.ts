import {
  type CommandReviewId,
  DrawbridgeError,
  type NewCommandVote,
  type NewReview,
  type RequestId,
  type User,
} from '@drawbridge/contract';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/logger.ts';
import { post } from '../post.ts';
import { ACTIONS, type Decidable, readDecidable } from './buttons.ts';
import { denialView, readDenial } from './denial.ts';
import { type BlockActions, readInteraction, type ViewSubmission } from './interaction.ts';
import { escapeMarkup } from './rich-text.ts';
import { verifyCall } from './signature.ts';
import { type SlackApi, SlackError } from './slack-api.ts';
import type { SlackMessages } from './slack-messages.ts';
import type { SlackPeople } from './slack-people.ts';

/** What a person decided, in the words of access requests and of command reviews alike. */
export interface Verdict {
  readonly verdict: 'approve' | 'deny';
  readonly reason?: string;
}

interface SlackCaller {
  readonly user: User;
}

export interface InteractionsParts {
  readonly signingSecret: string;
  readonly api: Pick<SlackApi, 'openView'>;
  readonly messages: Pick<SlackMessages, 'isNewCall'>;
  readonly people: Pick<SlackPeople, 'personOf'>;
  readonly review: (caller: SlackCaller, id: RequestId, review: NewReview) => Promise<unknown>;
  readonly vote: (caller: SlackCaller, id: CommandReviewId, vote: NewCommandVote) => Promise<unknown>;
  /** Takes down that somebody decides through Slack, before they do. */
  readonly audit: (
    user: User,
    subject: string,
    details: { readonly slackUser: string; readonly verdict: Verdict['verdict'] },
  ) => Promise<void>;
  /** Where Slack's own addresses are, for tests: `response_url` may lead there and to Slack, and nowhere else. */
  readonly apiUrl: string;
  readonly clock: Clock;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** What is answered at once; what it leads to goes on after that. */
export interface Acknowledgement {
  readonly status: number;
  readonly body?: object;
}

/**
 * Buttons and modals in Slack (docs.slack.dev/interactivity/handling-user-interaction). Slack wants an answer within
 * three seconds, so a call is only checked before it is acknowledged. Whoever pressed the button is a person of this
 * gateway or nobody, and what they decide goes the way of every other decision: policy says whether it counts.
 */
export class Interactions {
  readonly #parts: InteractionsParts;
  readonly #running = new Set<Promise<void>>();

  constructor(parts: InteractionsParts) {
    this.#parts = parts;
  }

  /** @throws DrawbridgeError `token_invalid` where it is not from Slack, is old, or was taken before */
  async receive(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: Buffer,
  ): Promise<Acknowledgement> {
    const wrong = await this.#whatIsWrong(headers, body);
    if (wrong !== undefined) {
      this.#parts.logger.warn({ why: wrong }, 'a call that claims to be from Slack was refused');
      throw new DrawbridgeError('token_invalid', words[wrong]);
    }
    const interaction = readInteraction(body);
    if (interaction === undefined) return { status: 200 };
    return interaction.type === 'block_actions' ? this.#pressed(interaction) : this.#submitted(interaction);
  }

  async #whatIsWrong(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: Buffer,
  ): Promise<keyof typeof words | undefined> {
    const { signingSecret, messages, clock } = this.#parts;
    const verified = verifyCall(
      signingSecret,
      {
        timestamp: single(headers['x-slack-request-timestamp']),
        signature: single(headers['x-slack-signature']),
        body,
      },
      clock.now(),
    );
    if ('wrong' in verified) return verified.wrong;
    return (await messages.isNewCall(verified.id, clock.now())) ? undefined : 'repeated';
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #pressed({ user, trigger_id, response_url, actions }: BlockActions): Acknowledgement {
    const [action] = actions;
    const subject = action?.value === undefined ? undefined : readDecidable(action.value);
    if (subject === undefined) return { status: 200 };
    if (action?.action_id === ACTIONS.approve)
      this.#go(response_url, () => this.#decide(user.id, subject, { verdict: 'approve' }));
    if (action?.action_id === ACTIONS.deny)
      this.#go(response_url, async () => {
        // Before they write a reason that nobody would read.
        await this.#parts.people.personOf(user.id);
        await this.#parts.api.openView(trigger_id, denialView(subject, response_url));
      });
    return { status: 200 };
  }

  #submitted(submission: ViewSubmission): Acknowledgement {
    const denial = readDenial(submission);
    if (denial === undefined) return { status: 200 };
    if ('errors' in denial)
      return { status: 200, body: { response_action: 'errors', errors: denial.errors } };
    const { subject, reason, answerTo } = denial;
    this.#go(answerTo, () => this.#decide(submission.user.id, subject, { verdict: 'deny', reason }));
    return { status: 200 };
  }

  async #decide(slackUser: string, subject: Decidable, verdict: Verdict): Promise<void> {
    const { people, audit, review, vote } = this.#parts;
    const user = await people.personOf(slackUser);
    await audit(user, subject.id, { slackUser, verdict: verdict.verdict });
    // Where they are is not known: the address that calls is Slack's.
    if (subject.kind === 'request') await review({ user }, subject.id, verdict);
    else await vote({ user }, subject.id, verdict);
  }

  /** Runs after the acknowledgement; what goes wrong is told to whoever pressed the button, and to nobody else. */
  #go(answerTo: string | undefined, task: () => Promise<void>): void {
    const running = task()
      .catch((error: unknown) => this.#tell(answerTo, this.#wordsOf(error)))
      .catch((error: unknown) => this.#parts.logger.error({ err: error }, 'Slack could not be answered'))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #wordsOf(error: unknown): string {
    const { logger } = this.#parts;
    if (error instanceof DrawbridgeError && error.code !== 'internal') {
      const { message, details } = error;
      return [`Nothing was decided: ${message}.`, details.hint].filter(Boolean).join(' ');
    }
    logger.error({ err: error }, 'what was pressed in Slack could not be done');
    return error instanceof SlackError
      ? `Nothing was decided: Slack did not answer the gateway (${error.code}). Try again, or decide in the Drawbridge app.`
      : 'Nothing was decided: the gateway failed, and its log says why. Decide in the Drawbridge app.';
  }

  async #tell(answerTo: string | undefined, text: string): Promise<void> {
    const { apiUrl, clock, logger, signal } = this.#parts;
    if (answerTo === undefined || !isOfSlack(answerTo, apiUrl)) {
      logger.warn({ text }, 'whoever pressed a button in Slack could not be told');
      return;
    }
    const answer = await post({
      clock,
      url: answerTo,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({
        response_type: 'ephemeral',
        replace_original: false,
        text: `⚠️ ${escapeMarkup(text)}`,
        blocks: [{ type: 'section', text: { type: 'plain_text', text: `⚠️ ${text}`.slice(0, 2900) } }],
      }),
      signal,
      largestAnswer: 0,
    });
    const failed =
      'failed' in answer ? answer.failed : answer.status === 200 ? undefined : `${answer.status}`;
    if (failed !== undefined)
      logger.warn({ reason: failed, text }, 'whoever pressed a button in Slack could not be told');
  }
}

const words = {
  unsigned: 'only Slack calls this, and it signs its calls',
  forged: 'the signature of this call is not that of the Slack app',
  old: 'this call is older than five minutes, or the clocks differ',
  repeated: 'this call was taken already',
} as const;

/** An address that a signed call names is Slack's; others are not called, even should the secret be known. */
function isOfSlack(address: string, apiUrl: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, origin } = new URL(address);
  const isSlack = protocol === 'https:' && /\.slack(-gov)?\.com$/.test(hostname);
  return isSlack || origin === new URL(apiUrl).origin;
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? undefined : header;
