import { Announcer } from '../../gateway/src/access/announce.ts';
import { Grants } from '../../gateway/src/access/grants.ts';
import { Requests } from '../../gateway/src/access/requests.ts';
import { Reviews } from '../../gateway/src/access/reviews.ts';
import type { Config } from '../../gateway/src/config/load-config.ts';
import { Notifications, type NotificationsParts } from '../../gateway/src/notifications/notifications.ts';
import { Keyring } from '../../gateway/src/store/keyring.ts';
import type { AccessWorld } from './access-world.ts';

/** The master key of worlds in tests, see `createAccessWorld`. */
const KEYRING = new Keyring([Buffer.alloc(32, 7)]);
const HOUR = 3600;

/** The access room of one gateway, with what it tells beyond the app. */
export interface NotifiedAccess {
  readonly requests: Requests;
  readonly reviews: Reviews;
  readonly grants: Grants;
  readonly notifications: Notifications;
  readonly attempts: readonly (readonly [endpoint: string, outcome: string])[];
  readonly log: readonly string[];
}

/** One gateway of the world's store, with endpoints of its own. Nothing is delivered before it is started. */
export function createNotifiedAccess(
  world: AccessWorld,
  settings: Partial<Config['notifications']>,
  more: Partial<NotificationsParts> = {},
): NotifiedAccess {
  const { db, clock } = world;
  const { audit, authorizer, configuration } = world.access;
  const attempts: [string, string][] = [];
  const log: string[] = [];
  const line = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const notifications = new Notifications({
    config: {
      name: 'production',
      publicUrl: 'https://drawbridge.example.com',
      notifications: { webhooks: [], ...settings },
      identity: { maxLifetime: 7 * 24 * HOUR } as Config['identity'],
    },
    db,
    keyring: KEYRING,
    clock,
    logger: { warn: line, error: line } as NotificationsParts['logger'],
    attempted: (endpoint, outcome) => void attempts.push([endpoint, outcome]),
    random: () => 0.5,
    ...more,
  });
  const announcer = new Announcer(audit, async () => undefined, notifications.note);
  const shared = { db, clock, announcer, authorizer, configuration };
  const grants = new Grants({ ...shared, activateWithin: 8 * HOUR });
  return {
    requests: new Requests({ ...shared, grants, requestExpiry: 24 * HOUR }),
    reviews: new Reviews({ ...shared, grants }),
    grants,
    notifications,
    attempts,
    log,
  };
}
