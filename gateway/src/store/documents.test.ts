import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { DocumentStore, type StoredDocument, type StoredResource } from './documents.ts';
import { Keyring } from './keyring.ts';

const master = randomBytes(32);
let database: TestDatabase;
let store: OpenDatabase;
let documents: DocumentStore;
beforeEach(async () => {
  database = await createTestDatabase();
  store = await openDatabase(database.url);
  documents = new DocumentStore(store.db, new Keyring([master]));
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const orders: StoredResource = {
  kind: 'Resource',
  name: 'orders-db',
  protocol: 'postgres',
  labels: { env: 'prod' },
  target: { host: 'db.internal', port: 5432, database: 'orders', tls: 'verify-full' },
  profiles: {
    read: { credential: { username: 'app_ro' }, allow: ['sql.read'], maxDuration: 3600 },
    write: { credential: { username: 'app_rw' }, allow: ['sql.read', 'sql.write'], maxDuration: 1800 },
  },
};
const passwords = { read: 'read-secret', write: 'write-secret' };
const policy: StoredDocument = {
  kind: 'Policy',
  name: 'all',
  cedar: 'permit (principal, action, resource);',
};
const apply = () =>
  documents.transaction(async (tx) => {
    await tx.put(orders, passwords);
    await tx.put(policy);
  });

describe('DocumentStore', () => {
  it('gives back what was put, by kind and name, without secrets', async () => {
    await apply();
    expect(await documents.list()).toEqual([policy, orders]);
    expect(await documents.list('Resource')).toEqual([orders]);
    expect(await documents.get('Resource', 'orders-db')).toEqual(orders);
    expect(await documents.get('DataRule', 'orders-db')).toBeUndefined();
  });

  it('unseals the password of exactly one profile', async () => {
    await apply();
    expect(await documents.credential('orders-db', 'read')).toEqual({
      username: 'app_ro',
      secret: 'read-secret',
    });
    expect(await documents.credential('orders-db', 'admin')).toBeUndefined();
    expect(await documents.credential('orders-db', 'constructor')).toBeUndefined();
    expect(await documents.credential('other', 'read')).toBeUndefined();
  });

  it('keeps passwords sealed at rest, each bound to its resource and profile', async () => {
    await apply();
    const row = await store.db
      .selectFrom('documents')
      .selectAll()
      .where('kind', '=', 'Resource')
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toMatch(/read-secret|write-secret/);
    const { read = '', write = '' } = row.sealed_secrets;
    const swapped = JSON.stringify({ read: write, write: read });
    await store.db
      .updateTable('documents')
      .set({ sealed_secrets: swapped })
      .where('kind', '=', 'Resource')
      .execute();
    await expect(documents.credential('orders-db', 'read')).rejects.toMatchObject({ code: 'not_authentic' });
  });

  it('is all or nothing', async () => {
    await apply();
    const before = await documents.snapshot();
    const change = documents.transaction(async (tx) => {
      await tx.remove('Resource', 'orders-db');
      await tx.put({ ...policy, cedar: 'forbid (principal, action, resource);' });
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect(await documents.snapshot()).toEqual(before);
  });

  it('counts changes', async () => {
    expect(await documents.version()).toBe(0);
    await apply();
    expect(await documents.version()).toBe(2);
    expect(await documents.transaction((tx) => tx.remove('Policy', 'none'))).toBe(false);
    expect(await documents.version()).toBe(2);
    expect(await documents.transaction((tx) => tx.remove('Policy', 'all'))).toBe(true);
    expect(await documents.version()).toBe(3);
  });

  it('lets changes wait for each other, so that none is lost', async () => {
    await apply();
    const relabel = (key: string) =>
      documents.transaction(async (tx) => {
        const current = await tx.get('Resource', 'orders-db');
        if (!current) throw new Error('gone');
        await tx.put(
          { ...current, labels: { ...current.labels, [key]: 'yes' } },
          await tx.secrets('orders-db'),
        );
      });
    await Promise.all(['a', 'b', 'c', 'd'].map(relabel));
    expect((await documents.get('Resource', 'orders-db'))?.labels).toEqual({
      env: 'prod',
      a: 'yes',
      b: 'yes',
      c: 'yes',
      d: 'yes',
    });
    expect(await documents.credential('orders-db', 'write')).toEqual({
      username: 'app_rw',
      secret: 'write-secret',
    });
  });

  it('refuses a body with a password in it, and a resource without its passwords', async () => {
    const careless = structuredClone(orders);
    Object.assign(careless.profiles.read?.credential ?? {}, { password: { value: 'read-secret' } });
    await expect(documents.transaction((tx) => tx.put(careless, passwords))).rejects.toThrow(
      /stored with its password/,
    );
    await expect(documents.transaction((tx) => tx.put(orders, { read: 'x' }))).rejects.toThrow(
      /write .* without its secret/,
    );
    await expect(documents.transaction((tx) => tx.put(policy, { read: 'x' }))).rejects.toThrow(
      /has no profile read/,
    );
  });

  it('goes on with a new master key once everything is sealed again', async () => {
    await apply();
    const fresh = randomBytes(32);
    const rotating = new DocumentStore(store.db, new Keyring([fresh, master]));
    expect(await rotating.rewrap()).toBe(1);
    expect(await rotating.rewrap()).toBe(0);
    const after = new DocumentStore(store.db, new Keyring([fresh]));
    expect(await after.credential('orders-db', 'read')).toEqual({
      username: 'app_ro',
      secret: 'read-secret',
    });
  });
});
