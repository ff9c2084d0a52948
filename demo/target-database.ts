import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServer } from '@drawbridge/gateway/embedded-server';
import { ensureShopDatabase, type ShopDatabase } from './shop/shop-database.ts';
import { targetCertificate } from './target-certificate.ts';

/** The demo's target: a PostgreSQL with TLS, and the shop in it twice, once as production and once as staging. */
export interface TargetDatabase {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  /** Values of the environment variables that `documents/resources.yaml` names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Connection string of the superuser: for tests that look behind the gateway. */
  superuserUrl(database: string): string;
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface TargetDatabaseOptions {
  readonly folder: string;
  readonly port: number;
  readonly now: Date;
  /** As in tests: nothing is flushed to the disk. */
  readonly throwaway?: boolean;
}

/** Names of the environment variables as in `documents/resources.yaml`, with the login that each belongs to. */
const LOGINS = {
  ORDERS_DB_READ_PASSWORD: 'shop_read',
  ORDERS_DB_WRITE_PASSWORD: 'shop_write',
  ORDERS_STAGING_READ_PASSWORD: 'staging_read',
  ORDERS_STAGING_WRITE_PASSWORD: 'staging_write',
} as const;
type Secrets = Record<keyof typeof LOGINS, string>;

/** Starts it; the first start in a folder makes certificate, passwords and data (about four seconds). */
export async function startTargetDatabase(options: TargetDatabaseOptions): Promise<TargetDatabase> {
  await mkdir(options.folder, { recursive: true });
  const secrets = await passwords(join(options.folder, 'passwords.json'));
  const { ca, cert, key } = await targetCertificate(options.folder, options.now);
  const server = await EmbeddedServer.start({
    folder: join(options.folder, 'server'),
    port: options.port,
    tls: { cert, key },
    settings: { max_connections: 200, ssl_min_protocol_version: 'TLSv1.3' },
    ...(options.throwaway === undefined ? {} : { throwaway: options.throwaway }),
  });
  try {
    for (const shop of shops(secrets)) await ensureShopDatabase((database) => server.url(database), shop);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    host: server.host,
    port: server.port,
    ca,
    secrets,
    superuserUrl: (database) => server.url(database),
    exited: server.exited,
    stop: () => server.stop(),
  };
}

function shops(secrets: Secrets): ShopDatabase[] {
  const login = (variable: keyof typeof LOGINS) => ({
    username: LOGINS[variable],
    password: secrets[variable],
  });
  return [
    {
      name: 'orders',
      customers: 12_000,
      orders: 30_000,
      reader: login('ORDERS_DB_READ_PASSWORD'),
      writer: login('ORDERS_DB_WRITE_PASSWORD'),
    },
    {
      name: 'orders_staging',
      customers: 600,
      orders: 1_500,
      reader: login('ORDERS_STAGING_READ_PASSWORD'),
      writer: login('ORDERS_STAGING_WRITE_PASSWORD'),
    },
  ];
}

/** Random at first start, the same from then on; no password of the demo is known beforehand. */
async function passwords(file: string): Promise<Secrets> {
  const kept = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Partial<Secrets>,
    () => ({}) as Partial<Secrets>,
  );
  const password = (variable: keyof typeof LOGINS) => kept[variable] ?? randomBytes(24).toString('base64url');
  const secrets: Secrets = {
    ORDERS_DB_READ_PASSWORD: password('ORDERS_DB_READ_PASSWORD'),
    ORDERS_DB_WRITE_PASSWORD: password('ORDERS_DB_WRITE_PASSWORD'),
    ORDERS_STAGING_READ_PASSWORD: password('ORDERS_STAGING_READ_PASSWORD'),
    ORDERS_STAGING_WRITE_PASSWORD: password('ORDERS_STAGING_WRITE_PASSWORD'),
  };
  const draft = `${file}.new`;
  await writeFile(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
  return secrets;
}
