import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessTokens, ApiClient, FileTokenStore, openTunnel, type Tunnel } from '@drawbridge/gateway-client';
import pg from 'pg';
import { stringify } from 'yaml';
import type { Person } from '../../demo/person.ts';
import { ensureShopDatabase } from '../../demo/shop/shop-database.ts';
import { startDebianServer } from './debian-server.ts';
import { NativeClients } from './native-clients.ts';
import { startTestDemo, type TestDemo } from './test-demo.ts';

/** The servers that stand behind the gateway: the one that npm brings, and the one of the system's packages. */
export type ServerName = 'embedded' | 'debian';
export const SERVERS: readonly ServerName[] = ['embedded', 'debian'];

/** Alice's ways to one server. */
interface Place {
  /** Production, to read, with data rules. */
  readonly production: Tunnel;
  /** Staging, to write, without data rules. */
  readonly staging: Tunnel;
  /** Staging, to write, with the data rules of production. */
  readonly support: Tunnel;
  /** Straight to the server, as its superuser. */
  targetUrl(of: 'production' | 'staging'): string;
}

/** A gateway with two servers behind it, Alice with access to all of them, and Carol who audits. */
export interface ClientWorld {
  readonly demo: TestDemo;
  readonly alice: Person;
  readonly clients: NativeClients;
  readonly places: Readonly<Record<ServerName, Place>>;
  /** The API as Carol, who may see every recording. */
  readonly auditor: ApiClient;
  stop(): Promise<void>;
}

const CUSTOMERS = 300;

export async function startClientWorld(): Promise<ClientWorld> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  try {
    const debian = await startDebianServer();
    closers.push(() => debian.stop());
    const demo = await startTestDemo();
    closers.push(() => demo.stop());
    const clients = new NativeClients();
    const [alice, bob, carol, erin] = await Promise.all(
      ['alice', 'bob', 'carol', 'erin'].map((name) => demo.signIn(name)),
    );
    if (!alice || !bob || !carol || !erin) throw new Error('Somebody is missing.');

    const passwords = {
      shop_read: 'read-5c1d',
      shop_write: 'write-93ab',
      staging_read: 'read-77e0',
      staging_write: 'write-0b4f',
    };
    const login = (username: keyof typeof passwords) => ({ username, password: passwords[username] });
    for (const [name, reader, writer] of [
      ['orders', 'shop_read', 'shop_write'],
      ['orders_staging', 'staging_read', 'staging_write'],
    ] as const) {
      const shop = { name, customers: CUSTOMERS, orders: 600, reader: login(reader), writer: login(writer) };
      await ensureShopDatabase((database) => debian.url(database), shop);
    }
    const embedded = new URL(demo.demo.targetUrl('postgres'));
    const secrets = JSON.parse(
      await readFile(join(demo.demo.data, 'target/passwords.json'), 'utf8'),
    ) as Record<string, string>;
    const servers = {
      debian: { host: debian.host, port: debian.port, ca: debian.ca, passwords },
      embedded: {
        host: embedded.hostname,
        port: Number(embedded.port),
        ca: await readFile(join(demo.demo.data, 'target/ca.crt'), 'utf8'),
        passwords: { ...passwords, staging_write: secrets.ORDERS_STAGING_WRITE_PASSWORD ?? '' },
      },
    };
    for (const database of ['orders', 'orders_staging']) await grantScratch(debian.url(database), database);
    await grantScratch(demo.demo.targetUrl('orders_staging'), 'orders_staging');

    const file = join(demo.demo.data, 'client-world.yaml');
    await writeFile(file, documents(servers), { mode: 0o600 });
    const applied = await erin.drawbridge(['apply', '-f', file]);
    if (applied.status !== 0) throw new Error(`Erin could not apply.\n${applied.stderr}`);

    const gateway = demo.demo.url;
    const tokensOf = (name: string) =>
      new AccessTokens({ gateway, store: new FileTokenStore(join(demo.demo.data, '../homes', name)) });
    const apiOf = (name: string) => new ApiClient({ gateway, tokens: tokensOf(name) });
    const [own, reviews] = [apiOf('alice'), apiOf('bob')];
    const tunnel = async (resource: string, profile: string): Promise<Tunnel> => {
      const body = { resource, profile, duration: 3600, reason: 'acceptance' };
      const request = await own.call('createRequest', { body });
      if (request.state === 'pending')
        await reviews.call('createReview', { params: { id: request.id }, body: { verdict: 'approve' } });
      const opened = await openTunnel({
        gateway,
        tokens: tokensOf('alice'),
        resource,
        protocol: 'postgres',
        profile,
      });
      closers.push(() => opened.close());
      return opened;
    };
    const place = async (server: ServerName, production: string, staging: string): Promise<Place> => ({
      production: await tunnel(production, 'read'),
      staging: await tunnel(staging, 'write'),
      support: await tunnel(`${server}-support`, 'write'),
      targetUrl: (of) => {
        const database = of === 'production' ? 'orders' : 'orders_staging';
        return server === 'embedded' ? demo.demo.targetUrl(database) : debian.url(database);
      },
    });
    const places = {
      embedded: await place('embedded', 'orders-db', 'embedded-staging'),
      debian: await place('debian', 'debian-orders', 'debian-staging'),
    };
    closers.push(() => clients.end());
    return {
      demo,
      alice,
      clients,
      places,
      auditor: apiOf('carol'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Staging is where people make tables of their own. */
async function grantScratch(url: string, database: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('create schema scratch; grant all on schema scratch, public to public');
    await client.query(`grant temporary on database ${pg.escapeIdentifier(database)} to public`);
  } finally {
    await client.end();
  }
}

interface Server {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly passwords: Readonly<Record<string, string>>;
}

function documents(servers: Readonly<Record<ServerName, Server>>): string {
  const resource = (
    name: string,
    environment: string,
    server: Server,
    database: string,
    profiles: Record<string, string>,
  ) => ({
    kind: 'Resource',
    name,
    protocol: 'postgres',
    labels: { env: environment },
    target: { host: server.host, port: server.port, ca: server.ca, database, tls: 'verify-full' },
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([profile, username]) => [
        profile,
        {
          credential: { username, password: { value: server.passwords[username] } },
          allow:
            profile === 'read'
              ? ['sql.read', 'sql.session', 'sql.copy']
              : ['sql.read', 'sql.write', 'sql.ddl', 'sql.session', 'sql.copy', 'sql.exec'],
          maxDuration: '4h',
        },
      ]),
    ),
  });
  const all = [
    resource('debian-orders', 'prod', servers.debian, 'orders', { read: 'shop_read' }),
    resource('debian-staging', 'staging', servers.debian, 'orders_staging', { write: 'staging_write' }),
    resource('debian-support', 'staging', servers.debian, 'orders_staging', { write: 'staging_write' }),
    resource('embedded-staging', 'staging', servers.embedded, 'orders_staging', { write: 'staging_write' }),
    resource('embedded-support', 'staging', servers.embedded, 'orders_staging', { write: 'staging_write' }),
    {
      kind: 'DataRule',
      name: 'support-pii',
      resources: { names: ['debian-support', 'embedded-support'] },
      columns: [
        { column: 'public.customers.ssn', mask: 'last4' },
        { column: 'public.customers.phone', mask: 'full' },
        { column: '*.*.email', mask: 'email' },
        { column: 'public.payments.card_number', mask: 'last4' },
      ],
    },
  ];
  return all.map((each) => stringify(each)).join('---\n');
}
