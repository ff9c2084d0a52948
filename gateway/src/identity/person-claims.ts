import { DrawbridgeError } from '@drawbridge/contract';
import type { IdentitySettings } from './settings.ts';
import type { Person } from './upstream.ts';

type Claims = Readonly<Record<string, unknown>>;
type ClaimNames = Pick<
  IdentitySettings,
  'provider' | 'groupsClaim' | 'nameClaim' | 'displayNameClaim' | 'emailsAreVerified'
>;

const MAX_GROUPS = 2000;
const MAX_TEXT = 256;

export const groupsClaimOf = (settings: Pick<IdentitySettings, 'groupsClaim'>): string =>
  settings.groupsClaim ?? 'groups';

/**
 * Who a verified set of claims (OpenID Connect Core section 5.1) speaks of. No groups claim means no groups;
 * one that isn't a list of names is refused, since access hangs on it.
 * @throws DrawbridgeError `forbidden`
 */
export function personFromClaims(claims: Claims, settings: ClaimNames): Person {
  const subject = claims.sub;
  if (typeof subject !== 'string' || subject === '') throw unusable(settings, 'it names no subject (sub)');
  const email = text(claims.email);
  const name =
    text(claims[settings.nameClaim ?? 'preferred_username']) ??
    email?.split('@')[0] ??
    text(subject) ??
    subject;
  const authTime = claims.auth_time;
  return {
    provider: settings.provider,
    subject,
    name,
    displayName: text(claims[settings.displayNameClaim ?? 'name']) ?? name,
    ...(email === undefined ? {} : { email }),
    emailVerified: settings.emailsAreVerified === true || claims.email_verified === true,
    groups: groups(claims, settings),
    ...(typeof authTime === 'number' && Number.isFinite(authTime)
      ? { authTime: new Date(authTime * 1000) }
      : {}),
    amr: strings(claims.amr) ?? [],
  };
}

function groups(claims: Claims, settings: ClaimNames): string[] {
  const claim = groupsClaimOf(settings);
  const value = claims[claim];
  if (value === undefined) {
    // "Overage": the provider has groups to tell, but not here (OpenID Connect Core section 5.6.2).
    const elsewhere = claims._claim_names;
    if (typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, claim)) {
      throw unusable(
        settings,
        `it left the claim "${claim}" out because the person has too many groups`,
        'Let it send only the groups that Drawbridge needs.',
      );
    }
    return [];
  }
  const names = strings(value);
  if (!names || names.length > MAX_GROUPS || names.some((name) => text(name) !== name)) {
    throw unusable(
      settings,
      `its claim "${claim}" is not a list of group names`,
      `Let it send "${claim}" as a list of strings, or set identity.groupsClaim.`,
    );
  }
  return [...new Set(names)].sort();
}

function unusable(settings: ClaimNames, why: string, hint?: string): DrawbridgeError {
  return new DrawbridgeError(
    'forbidden',
    `What ${settings.provider} says about you can't be used: ${why}.`,
    hint === undefined ? {} : { hint },
  );
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

/** Names end up in terminals and on pages: no control or bidirectional-override characters, no endless ones. */
function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()
    .slice(0, MAX_TEXT);
  return clean === '' ? undefined : clean;
}
