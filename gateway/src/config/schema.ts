import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { Duration, Name } from '@drawbridge/contract';
import { z } from 'zod';
import { createClientAddress } from '../observe/client-address.ts';
import { slackSection, webhookSection } from './notification-sections.ts';
import { type Surroundings, secretText } from './secret-source.ts';
import { webAddress, webOrigin } from './web-address.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const proxy = z.string().refine((text) => {
  try {
    return createClientAddress([text]) !== undefined;
  } catch {
    return false;
  }
}, 'must be an address or a network, like 127.0.0.1 or 10.0.0.0/8');
const duration = (text: string) => Duration.prefault(text);
const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape);

/**
 * What `gateway.yaml` may hold; every option is described in docs/configuration.md. Each value is checked by itself,
 * so that all mistakes are found at once; what depends on several options is settled in `load-config.ts`.
 */
export function configSchema(surroundings: Surroundings) {
  const path = z
    .string()
    .min(1, 'must be a path')
    .transform((text) => resolve(surroundings.folder, text));
  const readableFile = path.superRefine((file, context) => {
    try {
      accessSync(file, constants.R_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      context.addIssue({ code: 'custom', message: `the file ${file} can't be read (${code})` });
    }
  });
  const secret = secretText(surroundings);

  return section({
    name: z.string().min(1).max(63).optional(),
    publicUrl: webOrigin.optional(),
    listen: section({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(7443),
      trustedProxies: z.array(proxy).default([]),
    }).prefault({}),
    tls: section({ cert: readableFile, key: readableFile }).optional(),
    data: path.prefault('data'),
    store: section({
      url: secret.optional(),
      maxConnections: z.int().min(4).max(500).default(20),
    }).prefault({}),
    masterKey: z
      .union([section({ env: z.string().min(1) }), section({ file: path })], {
        error: 'must be { env: NAME } or { file: PATH }; the key itself never stands in this file',
      })
      .optional(),
    identity: section({
      provider: Name.default('company'),
      issuer: webAddress,
      clientId: z.string().min(1),
      clientSecret: secret,
      scopes: z.array(z.string().min(1)).default(['openid', 'profile', 'email']),
      groupsClaim: z.string().min(1).default('groups'),
      nameClaim: z.exactOptional(z.string().min(1)),
      displayNameClaim: z.string().min(1).default('name'),
      prompt: z.exactOptional(z.string().min(1)),
      emailsAreVerified: z.boolean().default(false),
      idleTimeout: duration('12h'),
      maxLifetime: duration('7d'),
      // Not a valid value: an absent section is told option by option what it lacks.
    }).prefault({} as never),
    access: section({
      activateWithin: duration('8h'),
      requestExpiry: duration('24h'),
      commandReviewExpiry: duration('5m'),
    }).prefault({}),
    bootstrap: z.array(path).default([]),
    recording: section({ dir: path.optional() }).prefault({}),
    log: section({ level: z.enum(LOG_LEVELS).default('info') }).prefault({}),
    metrics: section({ token: secret.optional() }).prefault({}),
    notifications: section({
      webhooks: z
        .array(webhookSection(surroundings))
        .refine(
          (webhooks) => new Set(webhooks.map(({ name }) => name)).size === webhooks.length,
          'two of them have the same name',
        )
        .default([]),
      slack: slackSection(surroundings).optional(),
    }).prefault({}),
  });
}

export type ConfigSchema = ReturnType<typeof configSchema>;
