import type { DocumentChange } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AccessWorld,
  createAccessWorld,
  readDocuments,
  resourceDocument,
} from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const ADMIN = {
  kind: 'Policy',
  name: 'platform',
  cedar: 'permit (principal in Group::"platform", action in Action::"admin", resource);',
};
const ORDERS = resourceDocument('orders-db', { env: 'prod' });

let world: AccessWorld;
let erin: Caller;
beforeEach(async () => {
  world = await createAccessWorld();
  erin = await world.person('erin', 'platform');
  await world.access.documents.bootstrap([ADMIN]);
});
afterEach(() => world.close());

const apply = (documents: unknown[], dryRun = false) =>
  world.access.documents.apply(erin, { documents, dryRun });
const actions = ({ changes }: { changes: DocumentChange[] }) =>
  changes.map(({ kind, name, action }) => `${action} ${kind}/${name}`);
const issues = (documents: unknown[]) =>
  apply(documents).then(
    () => [],
    (error: { details: { issues: { path: string; message: string }[] } }) => error.details.issues,
  );

describe('apply', () => {
  it('creates, then finds nothing to do', async () => {
    expect(actions(await apply([ORDERS, ADMIN]))).toEqual([
      'created Resource/orders-db',
      'unchanged Policy/platform',
    ]);
    expect(actions(await apply([ORDERS, ADMIN]))).toEqual([
      'unchanged Resource/orders-db',
      'unchanged Policy/platform',
    ]);
  });

  it('says what changes, by path, and of a secret only that it does', async () => {
    await apply([ORDERS]);
    const read = {
      credential: { username: 'app_reader', password: { value: 'an0ther' } },
      allow: ['sql.read'],
      maxDuration: '90m',
    };
    const result = await apply([resourceDocument('orders-db', { env: 'prod', team: 'shop' }, { read })]);
    expect(result.changes[0]?.changes).toEqual([
      { path: 'labels.team', after: 'shop' },
      { path: 'profiles.read.allow', before: 'sql.read, sql.session', after: 'sql.read' },
      { path: 'profiles.read.credential.password', before: '(sealed)', after: '(changed)' },
      { path: 'profiles.read.credential.username', before: 'app_ro', after: 'app_reader' },
      { path: 'profiles.read.maxDuration', before: '1h', after: '1h30m' },
    ]);
    const everything = JSON.stringify([
      result,
      await world.access.documents.list(erin),
      (await world.access.audit.list({ limit: 100 })).events,
    ]);
    expect(everything).not.toMatch(/an0ther|s3cret/);
    expect(await world.store.credential('orders-db', 'read')).toEqual({
      username: 'app_reader',
      secret: 'an0ther',
    });
  });

  it('writes nothing in a dry run, and shows the same', async () => {
    const result = await apply([ORDERS], true);
    expect(actions(result)).toEqual(['created Resource/orders-db']);
    expect(result.applied).toBe(false);
    expect(await world.access.resources.find('orders-db')).toBeUndefined();
  });

  it('applies all or nothing, and names every problem with its path', async () => {
    const found = await issues([
      ORDERS,
      {
        kind: 'Resource',
        name: 'broken',
        protocol: 'postgres',
        target: { host: 'x' },
        profiles: {},
        lables: {},
      },
      { kind: 'DataRule', name: 'rule', resources: {}, columns: [{ column: 'ssn', mask: 'last4' }] },
      { kind: 'Resource', name: 'elsewhere', protocol: 'oracle', target: {}, profiles: {} },
      { kind: 'Secret', name: 'x' },
    ]);
    const paths = found.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'Resource/broken.target.database',
        'Resource/broken',
        'Resource/elsewhere.protocol',
        'DataRule/rule.resources',
        'DataRule/rule.columns.0.column',
      ]),
    );
    expect(paths.some((path) => path.startsWith('Secret/x'))).toBe(true);
    expect(await world.access.resources.find('orders-db')).toBeUndefined();
  });

  it('refuses a document that is there twice', async () => {
    expect(await issues([ORDERS, ORDERS])).toEqual([
      { path: 'Resource/orders-db', message: 'is there twice' },
    ]);
  });

  it('refuses secrets that are still to be read, since only the side that applies can', async () => {
    const read = (password: object) => ({
      read: { credential: { username: 'u', password }, allow: ['sql.read'] },
    });
    for (const source of [{ env: 'PASSWORD' }, { file: '/etc/shadow' }]) {
      const found = await issues([resourceDocument('x', {}, read(source))]);
      expect(found).toEqual([
        {
          path: 'Resource/x.profiles.read.credential.password',
          message: expect.stringContaining('the side that applies'),
        },
      ]);
    }
  });

  it('never repeats a secret that stands in the wrong place', async () => {
    const read = { credential: { username: 'u', password: 'hunter2' }, allow: ['sql.read'] };
    const found = await issues([resourceDocument('x', {}, { read })]);
    expect(found[0]?.message).toContain('{ value: secret }');
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('refuses a policy with document, line and reason', async () => {
    const found = await issues([
      {
        kind: 'Policy',
        name: 'bad',
        cedar: 'permit (principal, action, resource)\nwhen { context.nonsense };',
      },
    ]);
    expect(found[0]).toEqual({ path: 'Policy/bad.cedar:2:16', message: expect.stringContaining('nonsense') });
  });

  it('refuses a target authority that is no certificate', async () => {
    const found = await issues([{ ...ORDERS, target: { ...ORDERS.target, ca: 'nonsense' } }]);
    expect(found).toEqual([
      { path: 'Resource/orders-db.target.ca', message: 'must be a certificate in PEM' },
    ]);
  });

  it('takes a rule for resources that are not there yet, with a warning', async () => {
    const columns = [{ column: 'public.customers.ssn', mask: 'last4' }];
    const result = await apply([
      { kind: 'DataRule', name: 'by-name', resources: { names: ['orders-db'] }, columns },
      { kind: 'DataRule', name: 'by-label', resources: { labels: { env: 'prod' } }, columns },
    ]);
    expect(result.applied).toBe(true);
    expect(result.warnings).toEqual([
      expect.stringContaining('by-name names orders-db'),
      expect.stringContaining('by-label selects no resource'),
    ]);
    expect((await apply([ORDERS])).warnings).toEqual([]);
  });

  it('warns of a policy about what is not there, with the nearest name', async () => {
    const warnings = async (resource: string) => {
      const cedar = `permit (principal, action == Action::"sql.read", ${resource});`;
      return (await apply([ORDERS, { kind: 'Policy', name: 'slip', cedar }])).warnings;
    };
    expect(await warnings('resource == Resource::"orders-bd"')).toEqual([
      'Policy/slip is about Resource::"orders-bd", which is no resource yet, did you mean orders-db?',
    ]);
    expect(await warnings('resource in Label::"env:prd"')).toEqual([
      'Policy/slip is about Label::"env:prd", which no resource has yet, did you mean env:prod?',
    ]);
    expect(await warnings('resource in Label::"prod"')).toEqual([
      'Policy/slip is about Label::"prod", but a label is written "key:value"',
    ]);
    expect(await warnings('resource == Table::"public.orders"')).toEqual([
      'Policy/slip is about Table::"public.orders", but a table is written "resource/schema.table"',
    ]);
    expect(await warnings('resource == Table::"orders-db/public.orders"')).toEqual([]);
    expect(await warnings('resource in Label::"env:prod"')).toEqual([]);
  });

  it('is refused to whom policy does not give admin.apply', async () => {
    const alice = await world.person('alice', 'engineering');
    await expect(world.access.documents.apply(alice, { documents: [ORDERS] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(world.access.documents.remove(alice, 'Policy', 'platform')).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(world.access.documents.list(alice)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('does not let an administrator shut himself out', async () => {
    await expect(
      apply([{ ...ADMIN, cedar: ADMIN.cedar.replace('platform', 'somebody-else') }]),
    ).rejects.toMatchObject({ code: 'invalid_document' });
    await expect(world.access.documents.remove(erin, 'Policy', 'platform')).rejects.toMatchObject({
      code: 'invalid_document',
    });
    expect(actions(await apply([ADMIN]))).toEqual(['unchanged Policy/platform']);
  });

  it('tells everybody and the audit log, once for each change', async () => {
    await apply([ORDERS]);
    world.announced.length = 0;
    await apply([ORDERS, ADMIN]);
    expect(world.announced).toEqual([]);
    await apply([resourceDocument('orders-db', { env: 'staging' })]);
    expect(world.announced).toEqual([{ kind: 'configuration' }]);
    const [event] = (await world.access.audit.list({ limit: 1 })).events;
    expect(event).toMatchObject({
      action: 'document.updated',
      subject: 'Resource/orders-db',
      actor: { name: 'erin' },
      address: '192.0.2.10',
    });
  });

  it('holds when two apply different things at once', async () => {
    const first = await world.person('erin', 'platform');
    await Promise.all([
      world.access.documents.apply(first, { documents: [ORDERS] }),
      world.another().documents.apply(erin, { documents: [resourceDocument('billing-db', { env: 'prod' })] }),
    ]);
    const names = (await world.access.documents.list(erin, 'Resource')).map(({ name }) => name);
    expect(names).toEqual(['billing-db', 'orders-db']);
  });
});

describe('list', () => {
  it('gives documents as they are written, without secrets', async () => {
    await apply([ORDERS]);
    const [orders] = await world.access.documents.list(erin, 'Resource');
    expect(orders).toMatchObject({
      kind: 'Resource',
      name: 'orders-db',
      profiles: { read: { credential: { username: 'app_ro' }, maxDuration: '1h' } },
    });
    expect(JSON.stringify(orders)).not.toContain('password');
  });
});

describe('remove', () => {
  it('removes what is there and says not_found of what is not', async () => {
    await apply([ORDERS]);
    expect(await world.access.documents.remove(erin, 'Resource', 'orders-db')).toEqual({
      changes: [{ kind: 'Resource', name: 'orders-db', action: 'removed', changes: [] }],
    });
    await expect(world.access.documents.remove(erin, 'Resource', 'orders-db')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('bootstrap', () => {
  it('leaves a store alone that has documents already', async () => {
    const result = await world.access.documents.bootstrap([ORDERS]);
    expect(result).toEqual({ changes: [], applied: false, warnings: [] });
  });

  it('applies on each start where that is asked for', async () => {
    expect(actions(await world.access.documents.bootstrap([ORDERS, ADMIN], 'always'))).toEqual([
      'created Resource/orders-db',
      'unchanged Policy/platform',
    ]);
  });
});

describe('the demo', () => {
  it.each(['policies.yaml', 'data-rules.yaml'])('%s is valid', async (file) => {
    const documents = await readDocuments(`demo/documents/${file}`);
    const result = await world.access.documents.bootstrap(documents, 'always');
    expect(result.changes).toHaveLength(documents.length);
  });
});

describe('another gateway', () => {
  it('decides by new policies without having been told', async () => {
    const other = world.another();
    const alice = await world.person('alice', 'engineering');
    await expect(other.documents.list(alice)).rejects.toMatchObject({ code: 'forbidden' });
    await apply([
      {
        kind: 'Policy',
        name: 'open',
        cedar: 'permit (principal, action == Action::"admin.read", resource);',
      },
    ]);
    expect(await other.documents.list(alice)).toHaveLength(2);
  });
});
