import { readFile } from 'node:fs/promises';
import { type User, UserId } from '@drawbridge/contract';
import { uuidv7 } from 'uuidv7';
import { parseAllDocuments } from 'yaml';
import { type AccessChange, Announcer } from '../../gateway/src/access/announce.ts';
import { Audit } from '../../gateway/src/access/audit.ts';
import { Authorizer } from '../../gateway/src/access/authorizer.ts';
import type { Caller } from '../../gateway/src/access/caller.ts';
import { Configuration } from '../../gateway/src/access/configuration.ts';
import { Documents } from '../../gateway/src/access/documents.ts';
import { Expiry } from '../../gateway/src/access/expiry.ts';
import { Grants } from '../../gateway/src/access/grants.ts';
import { Requests } from '../../gateway/src/access/requests.ts';
import { Resources } from '../../gateway/src/access/resources.ts';
import { Reviews } from '../../gateway/src/access/reviews.ts';
import { createPolicyEngine } from '../../gateway/src/policy/engine.ts';
import { openDatabase } from '../../gateway/src/store/database.ts';
import { DocumentStore } from '../../gateway/src/store/documents.ts';
import { Keyring } from '../../gateway/src/store/keyring.ts';
import { createTestDatabase } from './database.ts';
import { ManualClock } from './manual-clock.ts';

/** 2025-06-02, a Monday, noon UTC. */
const NOON = Date.UTC(2025, 5, 2, 12);
const HOUR = 3600;

/** The access room of one gateway. */
export interface Access {
  readonly audit: Audit;
  readonly authorizer: Authorizer;
  readonly configuration: Configuration;
  readonly documents: Documents;
  readonly resources: Resources;
  readonly requests: Requests;
  readonly reviews: Reviews;
  readonly grants: Grants;
  readonly expiry: Expiry;
}

const logger = {
  error(fields: unknown): never {
    throw new Error(`logged an error: ${String(fields)}`);
  },
};

export interface AccessWorld {
  /** Of the store. */
  readonly url: string;
  readonly keyring: Keyring;
  readonly access: Access;
  readonly clock: ManualClock;
  readonly db: Awaited<ReturnType<typeof openDatabase>>['db'];
  readonly store: DocumentStore;
  /** What was announced, in order; also by transactions that were rolled back. */
  readonly announced: AccessChange[];
  /** Another gateway on the same store. */
  another(): Access;
  /** A person who has signed in; again with other groups changes them. */
  person(name: string, ...groups: string[]): Promise<Caller>;
  close(): Promise<void>;
}

/** The access room over a real PostgreSQL with a clock that the test moves. */
export async function createAccessWorld(): Promise<AccessWorld> {
  const database = await createTestDatabase();
  const { db, close } = await openDatabase(database.url, { maxConnections: 10 });
  const clock = new ManualClock(NOON);
  const keyring = new Keyring([Buffer.alloc(32, 7)]);
  const store = new DocumentStore(db, keyring);
  const announced: AccessChange[] = [];
  const create = (): Access => {
    const engine = createPolicyEngine({ clock });
    const audit = new Audit(db, clock);
    const announcer = new Announcer(audit, async (change) => {
      announced.push(change);
    });
    const authorizer = new Authorizer(engine);
    const configuration = new Configuration(store, engine);
    const shared = { db, store, clock, announcer, authorizer, configuration, logger };
    const grants = new Grants({ ...shared, activateWithin: 8 * HOUR });
    return {
      audit,
      authorizer,
      configuration,
      documents: new Documents(shared),
      resources: new Resources(shared),
      requests: new Requests({ ...shared, grants, requestExpiry: 24 * HOUR }),
      reviews: new Reviews({ ...shared, grants }),
      grants,
      expiry: new Expiry(shared),
    };
  };
  return {
    url: database.url,
    keyring,
    access: create(),
    another: create,
    clock,
    db,
    store,
    announced,
    async person(name, ...groups) {
      const row = await db
        .insertInto('users')
        .values({
          id: UserId.parse(`usr_${uuidv7()}`),
          provider: 'test',
          subject: name,
          name,
          display_name: name[0]?.toUpperCase() + name.slice(1),
          email: null,
          groups,
          created_at: new Date(clock.now()),
          signed_in_at: new Date(clock.now()),
        })
        .onConflict((conflict) => conflict.columns(['provider', 'subject']).doUpdateSet({ groups }))
        .returning(['id', 'display_name'])
        .executeTakeFirstOrThrow();
      const user: User = {
        kind: 'user',
        id: row.id,
        provider: 'test',
        subject: name,
        name,
        displayName: row.display_name,
        groups,
      };
      return { user, address: '192.0.2.10' };
    },
    async close() {
      await close();
      await database.drop();
    },
  };
}

/** A resource as it arrives at the gateway, with its secrets resolved. */
export const resourceDocument = (
  name: string,
  labels: Record<string, string>,
  profiles: Record<string, object> = {},
) => ({
  kind: 'Resource',
  name,
  protocol: 'postgres',
  labels,
  target: { host: 'db.internal', database: 'orders', tls: 'disable' },
  profiles: {
    read: {
      credential: { username: 'app_ro', password: { value: 's3cret-ro' } },
      allow: ['sql.read', 'sql.session'],
      maxDuration: '1h',
    },
    write: {
      credential: { username: 'app_rw', password: { value: 's3cret-rw' } },
      allow: ['sql.read', 'sql.write', 'sql.session'],
      maxDuration: '30m',
    },
    ...profiles,
  },
});

/** A host as it arrives at the gateway. */
export const hostDocument = (name: string, labels: Record<string, string>) => ({
  kind: 'Resource',
  name,
  protocol: 'ssh',
  labels,
  target: { host: 'host.internal', hostKeys: [HOST_KEY] },
  profiles: {
    shell: {
      credential: { username: 'deploy', password: { value: 's3cret-host' } },
      allow: ['ssh.shell', 'ssh.exec'],
      maxDuration: '1h',
    },
  },
});

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';

const OWNER = {
  credential: { username: 'app_owner', password: { value: 's3cret-owner' } },
  allow: ['sql.read', 'sql.write', 'sql.ddl', 'sql.session'],
  maxDuration: '30m',
};

/** Documents as YAML of the repository, e.g. `demo/documents/policies.yaml`. */
export async function readDocuments(path: string): Promise<unknown[]> {
  const text = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

/** A world with the demo's policies, rules and two resources: `orders-db` (prod) and `orders-staging`. */
export async function createDemoWorld(): Promise<AccessWorld> {
  const world = await createAccessWorld();
  const documents = [
    ...(await readDocuments('demo/documents/policies.yaml')),
    ...(await readDocuments('demo/documents/data-rules.yaml')),
  ];
  const resources = [
    // No policy lets anybody have the last of its profiles.
    resourceDocument('orders-db', { env: 'prod', team: 'shop' }, { owner: OWNER }),
    resourceDocument('orders-staging', { env: 'staging' }),
  ];
  await world.access.documents.bootstrap([...documents, ...resources]);
  return world;
}
