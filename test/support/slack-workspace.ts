import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertBlocks, assertView } from './slack-blocks.ts';

/**
 * Plays Slack's side of the protocol as docs.slack.dev documents it, for a workspace with one app in it:
 * - Web API: auth.test, users.info (takes forms, no JSON), chat.postMessage, chat.update, views.open, with the bot
 *   token as bearer, errors as `{ ok: false, error }`, and what is too long or malformed refused as `invalid_blocks`;
 * - interactions: `block_actions` and `view_submission` payloads as `application/x-www-form-urlencoded`, signed with
 *   the signing secret (`v0`), and a `response_url` that takes what only one person sees.
 * It is no Slack: what is documented there and not used here is not there.
 */
export interface SlackWorkspace {
  readonly apiUrl: string;
  readonly token: string;
  readonly signingSecret: string;
  readonly channel: string;
  /** As they now are, in the order they were posted. */
  readonly messages: readonly SlackMessage[];
  /** What was shown to one person alone. */
  readonly whispers: readonly string[];
  /** Modals that were opened, newest last. */
  readonly views: readonly SlackView[];
  /** Methods that were called, in order. */
  readonly calls: readonly string[];
  readonly users: Map<string, SlackAccount>;
  /** What the next calls of a method are answered with, one after the other; `undefined` is as usual. */
  fail(method: string, ...answers: (SlackFailure | undefined)[]): void;
  /** The call that a pressed button leads to. */
  pressed(user: string, message: SlackMessage, action: string): SlackCall;
  /** The call that a modal leads to which is sent off. */
  submitted(user: string, view: SlackView, reason: string): SlackCall;
  /** A call with any payload, signed now or at another time, with the right secret or another. */
  sign(payload: object, options?: { readonly at?: number; readonly secret?: string }): SlackCall;
  close(): Promise<void>;
}

export interface SlackFailure {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread?: string;
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  readonly edits: number;
}

export interface SlackBlock {
  readonly type: string;
  readonly elements?: readonly Record<string, unknown>[];
}

export interface SlackView {
  readonly trigger: string;
  readonly view: Readonly<Record<string, unknown>> & {
    readonly private_metadata: string;
    readonly callback_id: string;
  };
}

export interface SlackAccount {
  readonly email?: string;
  readonly confirmed?: boolean;
  readonly team?: string;
  readonly stranger?: boolean;
  readonly deleted?: boolean;
}

export interface SlackCall {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export const TEAM = 'T0SHOP';
const TOKEN = 'xoxb-1-2-test';
const SIGNING_SECRET = '0123456789abcdef0123456789abcdef';
const CHANNEL = 'C0APPROVALS';

/** @param now milliseconds */
export async function startSlackWorkspace(now: () => number = Date.now): Promise<SlackWorkspace> {
  const messages: SlackMessage[] = [];
  const whispers: string[] = [];
  const views: SlackView[] = [];
  const calls: string[] = [];
  const users = new Map<string, SlackAccount>();
  const failures = new Map<string, (SlackFailure | undefined)[]>();
  let counter = 0;

  const methods: Record<string, (argument: Record<string, unknown>) => object> = {
    'auth.test': () => ({ ok: true, team_id: TEAM, user_id: 'U0BOT', bot_id: 'B0BOT' }),
    'users.info': ({ user }) => {
      const account = users.get(String(user));
      if (!account) return { ok: false, error: 'user_not_found' };
      return { ok: true, user: shownUser(String(user), account) };
    },
    'chat.postMessage': ({ channel, text, blocks, thread_ts }) => {
      if (channel !== CHANNEL) return { ok: false, error: 'channel_not_found' };
      const wrong = contentProblem(text, blocks);
      if (wrong) return wrong;
      counter += 1;
      const ts = `${Math.floor(now() / 1000)}.${String(counter).padStart(6, '0')}`;
      messages.push({
        channel: CHANNEL,
        ts,
        text: String(text),
        blocks: blocks as SlackBlock[],
        edits: 0,
        ...(thread_ts === undefined ? {} : { thread: String(thread_ts) }),
      });
      return { ok: true, channel: CHANNEL, ts, message: { text } };
    },
    'chat.update': ({ channel, ts, text, blocks }) => {
      const index = messages.findIndex((message) => message.channel === channel && message.ts === ts);
      const before = messages[index];
      if (!before) return { ok: false, error: 'message_not_found' };
      const wrong = contentProblem(text, blocks);
      if (wrong) return wrong;
      messages[index] = {
        ...before,
        text: String(text),
        blocks: blocks as SlackBlock[],
        edits: before.edits + 1,
      };
      return { ok: true, channel, ts, text };
    },
    'views.open': ({ trigger_id, view }) => {
      const wrong = assertView(view);
      if (wrong) return { ok: false, error: 'invalid_arguments', response_metadata: { messages: [wrong] } };
      views.push({ trigger: String(trigger_id), view: view as SlackView['view'] });
      return { ok: true, view: { id: `V${views.length}` } };
    },
  };

  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = new URL(request.url ?? '/', 'http://slack').pathname;
      const answer = (status: number, value: object, headers: Record<string, string> = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(value));
      if (path === '/respond') {
        const told = JSON.parse(body) as { response_type: string; replace_original: boolean; text: string };
        if (told.response_type !== 'ephemeral' || told.replace_original) return answer(400, { ok: false });
        whispers.push(told.text);
        return answer(200, { ok: true });
      }
      const method = path.replace('/api/', '');
      calls.push(method);
      const failure = failures.get(method)?.shift();
      if (failure) return answer(failure.status ?? 200, failure.body ?? {}, failure.headers);
      const run = methods[method];
      if (!run) return answer(200, { ok: false, error: 'unknown_method' });
      if (request.headers.authorization !== `Bearer ${TOKEN}`)
        return answer(200, { ok: false, error: 'invalid_auth' });
      const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
      // Slack passes over what stands in JSON where a method takes none.
      const argument = isForm
        ? Object.fromEntries(new URLSearchParams(body))
        : method === 'users.info'
          ? {}
          : (JSON.parse(body) as Record<string, unknown>);
      return answer(200, run(argument));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign: SlackWorkspace['sign'] = (payload, { at = now(), secret = SIGNING_SECRET } = {}) => {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const timestamp = String(Math.floor(at / 1000));
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    return {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      },
      body,
    };
  };
  const trigger = () => {
    counter += 1;
    return `${counter}.${TEAM}.${counter}`;
  };
  return {
    apiUrl: `${origin}/api/`,
    token: TOKEN,
    signingSecret: SIGNING_SECRET,
    channel: CHANNEL,
    messages,
    whispers,
    views,
    calls,
    users,
    fail: (method, ...answers) => void failures.set(method, answers),
    sign,
    pressed(user, message, action) {
      const button = message.blocks
        .flatMap((block) => (block.type === 'actions' ? (block.elements ?? []) : []))
        .find(({ action_id }) => action_id === action);
      if (!button) throw new Error(`The message has no button ${action}.`);
      return sign({
        type: 'block_actions',
        team: { id: TEAM, domain: 'shop' },
        user: { id: user, username: user, team_id: TEAM },
        api_app_id: 'A0DRAWBRIDGE',
        container: { type: 'message', message_ts: message.ts, channel_id: message.channel },
        channel: { id: message.channel, name: 'approvals' },
        trigger_id: trigger(),
        response_url: `${origin}/respond`,
        message: { type: 'message', ts: message.ts, text: message.text, blocks: message.blocks },
        state: { values: {} },
        actions: [
          {
            type: 'button',
            block_id: 'b',
            action_id: action,
            value: button.value,
            action_ts: String(now() / 1000),
          },
        ],
      });
    },
    submitted(user, { view }, reason) {
      return sign({
        type: 'view_submission',
        team: { id: TEAM, domain: 'shop' },
        user: { id: user, username: user, team_id: TEAM },
        api_app_id: 'A0DRAWBRIDGE',
        trigger_id: trigger(),
        view: {
          ...view,
          id: 'V1',
          state: { values: { reason: { text: { type: 'plain_text_input', value: reason } } } },
        },
        response_urls: [],
      });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What is said of blocks is documented; that all of them may have some 13,000 characters is not, but is so. */
function contentProblem(text: unknown, blocks: unknown): object | undefined {
  const wrong = assertBlocks(text, blocks);
  if (wrong) return { ok: false, error: 'invalid_blocks', response_metadata: { messages: [wrong] } };
  return JSON.stringify(blocks).length > 13_000 ? { ok: false, error: 'msg_blocks_too_long' } : undefined;
}

const shownUser = (
  id: string,
  { email, confirmed = true, team = TEAM, stranger = false, deleted = false }: SlackAccount,
) => ({
  id,
  team_id: team,
  name: id.toLowerCase(),
  deleted,
  is_bot: false,
  is_email_confirmed: confirmed,
  ...(stranger ? { is_stranger: true } : {}),
  profile: { real_name: id, ...(email === undefined ? {} : { email }) },
});

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
