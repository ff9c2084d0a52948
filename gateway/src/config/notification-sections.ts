import { Name } from '@drawbridge/contract';
import { z } from 'zod';
import { SELECTABLE } from '../notifications/event-types.ts';
import { readSecrets } from '../notifications/webhook/signature.ts';
import { type Surroundings, secretText } from './secret-source.ts';
import { isLoopback, webAddress } from './web-address.ts';

/** A receiver's address may be a secret in itself, and may have a query. */
const receiver = (text: string): string | undefined => {
  if (!URL.canParse(text)) return 'must be an address like https://hooks.example.com/drawbridge';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    return 'must be https; http is only for localhost, 127.0.0.1 and [::1]';
  if (username || password) return 'must not hold a user name or password: its secret proves who calls';
  return hash ? 'must have no fragment' : undefined;
};

/** One entry of `notifications.webhooks`. */
export const webhookSection = (surroundings: Surroundings) => {
  const secret = secretText(surroundings);
  return z.strictObject({
    name: Name,
    url: z
      .union([z.string(), secret], { error: 'must be an address, or { env: NAME } or { file: PATH }' })
      .superRefine((text, context) => {
        const wrong = receiver(text);
        if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
      }),
    // Kept as text: what is configured is frozen, which bytes can't be.
    secret: secret.refine(
      (text) => readSecrets(text) !== undefined,
      'must be whsec_ and base64 of 24 to 64 random bytes; several are separated by commas, the newest first',
    ),
    events: z.preprocess(
      (events) => (typeof events === 'string' ? [events] : events),
      z.array(z.enum(['all', ...SELECTABLE])).min(1, 'must name events, or be all'),
    ),
    includeStatements: z.boolean().default(false),
  });
};

/** `notifications.slack`. */
export const slackSection = (surroundings: Surroundings) => {
  const secret = secretText(surroundings);
  return z.strictObject({
    token: secret.refine((text) => /^xoxb-[\w-]+$/.test(text), 'must be the bot token of the app, xoxb-…'),
    signingSecret: secret
      .refine((text) => /^\S{20,}$/.test(text), 'must be the signing secret of the app')
      .optional(),
    channel: z
      .string()
      .regex(
        /^[CG][A-Z0-9]{2,}$/,
        'must be the id of a channel, like C0123456789: it stands at the end of its details',
      ),
    mentions: z
      .record(
        z.string(),
        z.string().regex(/^S[A-Z0-9]{2,}$/, 'must be the id of a user group in Slack, like S0123456789'),
      )
      .default({}),
    apiUrl: webAddress
      .transform((text) => (text.endsWith('/') ? text : `${text}/`))
      .prefault('https://slack.com/api/'),
    includeStatements: z.boolean().default(false),
  });
};
