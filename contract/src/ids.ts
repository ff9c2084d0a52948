import { z } from 'zod';

/**
 * Identifiers are UUIDv7 (RFC 9562) with a prefix that names the kind, so that an id pasted into a
 * ticket says what it is and sorts by creation time.
 */
const prefixed = <P extends string, B extends string>(prefix: P, _brand: B) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
      `must be an id like ${prefix}_0190…`,
    )
    .brand<B>();

export const RequestId = prefixed('req', 'RequestId');
export type RequestId = z.infer<typeof RequestId>;

export const ReviewId = prefixed('rev', 'ReviewId');
export type ReviewId = z.infer<typeof ReviewId>;

/** One statement, command or call held in place until people decide. */
export const CommandReviewId = prefixed('cmd', 'CommandReviewId');
export type CommandReviewId = z.infer<typeof CommandReviewId>;

export const GrantId = prefixed('grt', 'GrantId');
export type GrantId = z.infer<typeof GrantId>;

export const SessionId = prefixed('ses', 'SessionId');
export type SessionId = z.infer<typeof SessionId>;

/** One sign-in of one client (a refresh-token family); ends at sign-out and takes its sessions with it. */
export const SignInId = prefixed('sgn', 'SignInId');
export type SignInId = z.infer<typeof SignInId>;

/** A person as this gateway knows them: one (provider, subject) pair. */
export const UserId = prefixed('usr', 'UserId');
export type UserId = z.infer<typeof UserId>;

export const GatewayId = prefixed('gw', 'GatewayId');
export type GatewayId = z.infer<typeof GatewayId>;

export const AuditId = prefixed('aud', 'AuditId');
export type AuditId = z.infer<typeof AuditId>;

/** A time on the wire: RFC 3339 in UTC, millisecond precision. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** Names of resources, rules, policies and profiles: lower case, digits and dashes, as in DNS labels. */
export const Name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower case letters, digits and dashes, like orders-db');
