import type { Migration } from 'kysely';
import { up as documents } from './0001-documents.ts';
import { up as identity } from './0002-identity.ts';
import { up as access } from './0003-access.ts';
import { up as sessions } from './0004-sessions.ts';
import { up as sshKeys } from './0005-ssh-keys.ts';
import { up as commandReviews } from './0006-command-reviews.ts';
import { up as accessExact } from './0007-access-exact.ts';
import { up as notifications } from './0008-notifications.ts';
import { up as usesAndGateways } from './0009-uses-and-gateways.ts';

/**
 * Every change of the schema, in order. One that was released is never edited again: another is added. There is no
 * way down: a release that fails is followed by one that mends it.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-documents': { up: documents },
  '0002-identity': { up: identity },
  '0003-access': { up: access },
  '0004-sessions': { up: sessions },
  '0005-ssh-keys': { up: sshKeys },
  '0006-command-reviews': { up: commandReviews },
  '0007-access-exact': { up: accessExact },
  '0008-notifications': { up: notifications },
  '0009-uses-and-gateways': { up: usesAndGateways },
};
