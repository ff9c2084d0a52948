import type {
  DataRuleDocument,
  DocumentKind,
  PolicyDocument,
  Profile,
  ResourceDocument,
} from '@drawbridge/contract';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Keyring } from './keyring.ts';

/** How a profile signs in, without the secret. Documents of before there was a choice have a password. */
export interface StoredCredential {
  readonly username: string;
  readonly kind?: 'password' | 'privateKey' | 'certificate';
}
/** A profile as it is stored: its secret stands apart, sealed. */
export type StoredProfile = Omit<Profile, 'credential'> & { readonly credential: StoredCredential };
type Stored<R> = R extends ResourceDocument
  ? Omit<R, 'profiles'> & { readonly profiles: Readonly<Record<string, StoredProfile>> }
  : never;
export type StoredResource = Stored<ResourceDocument>;
/** What a profile signs in with; a certificate is signed when it is needed and has no secret. */
export interface OpenedCredential extends StoredCredential {
  readonly secret: string | undefined;
}
/** A document as it was parsed (durations in seconds, defaults filled in), without secrets. */
export type StoredDocument = StoredResource | DataRuleDocument | PolicyDocument;
type OfKind<K extends DocumentKind> = Extract<StoredDocument, { kind: K }>;

/** Passwords and private keys of a resource by profile. */
export type Secrets = Readonly<Record<string, string>>;

/** The applied documents: reads as of now. */
export class DocumentStore {
  readonly #db: Kysely<Database>;
  readonly #keyring: Keyring;

  constructor(db: Kysely<Database>, keyring: Keyring) {
    this.#db = db;
    this.#keyring = keyring;
  }

  /** Ordered by kind and name. */
  list(): Promise<StoredDocument[]>;
  list<K extends DocumentKind>(kind: K): Promise<OfKind<K>[]>;
  async list(kind?: DocumentKind): Promise<StoredDocument[]> {
    return listDocuments(this.#db, kind);
  }

  async get<K extends DocumentKind>(kind: K, name: string): Promise<OfKind<K> | undefined> {
    return getDocument(this.#db, kind, name);
  }

  /** Counts changes: the same number means the same documents. */
  async version(): Promise<number> {
    return readVersion(this.#db);
  }

  /** All documents and the version they are of, at one moment. */
  async snapshot(): Promise<{ version: number; documents: StoredDocument[] }> {
    return this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => ({ version: await readVersion(tx), documents: await listDocuments(tx) }));
  }

  /**
   * What a profile signs in to the target with, unsealed; to be used for dialling and dropped.
   * Undefined where there is no such resource or profile.
   * @throws KeyringError when it can't be unsealed.
   */
  async credential(resource: string, profile: string): Promise<OpenedCredential | undefined> {
    const row = await this.#db
      .selectFrom('documents')
      .select(['body', 'sealed_secrets'])
      .where('kind', '=', 'Resource')
      .where('name', '=', resource)
      .executeTakeFirst();
    const profiles = (row?.body as StoredResource | undefined)?.profiles;
    const stored = profiles && Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
    const sealed =
      row && Object.hasOwn(row.sealed_secrets, profile) ? row.sealed_secrets[profile] : undefined;
    if (!stored) return undefined;
    if (stored.credential.kind === 'certificate') return { ...stored.credential, secret: undefined };
    if (sealed === undefined) return undefined;
    return { ...stored.credential, secret: unseal(this.#keyring, sealed, resource, profile) };
  }

  /** One change of any number of documents: all of it or nothing. Changes wait for each other. */
  async transaction<T>(change: (documents: DocumentTransaction) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(async (tx) => {
      await sql`select version from configuration for update`.execute(tx);
      return change(new DocumentTransaction(tx, this.#keyring));
    });
  }

  /** Seals again, with the newest master key, what an older one sealed. @returns how many resources. */
  async rewrap(): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('documents')
        .select(['name', 'sealed_secrets'])
        .where('kind', '=', 'Resource')
        .forUpdate()
        .execute();
      const stale = rows.filter((row) =>
        Object.values(row.sealed_secrets).some((sealed) => this.#keyring.needsRewrap(sealed)),
      );
      for (const { name, sealed_secrets } of stale) {
        const again = Object.entries(sealed_secrets).map(([profile, sealed]) => [
          profile,
          this.#keyring.rewrap(sealed, contextOf(name, profile)),
        ]);
        await tx
          .updateTable('documents')
          .set({ sealed_secrets: JSON.stringify(Object.fromEntries(again)) })
          .where('kind', '=', 'Resource')
          .where('name', '=', name)
          .execute();
      }
      return stale.length;
    });
  }
}

/** The documents within one change. */
export class DocumentTransaction {
  /** For what must be in the same transaction: the audit event, the notification. */
  readonly executor: Transaction<Database>;
  readonly #keyring: Keyring;

  constructor(executor: Transaction<Database>, keyring: Keyring) {
    this.executor = executor;
    this.#keyring = keyring;
  }

  list(): Promise<StoredDocument[]>;
  list<K extends DocumentKind>(kind: K): Promise<OfKind<K>[]>;
  async list(kind?: DocumentKind): Promise<StoredDocument[]> {
    return listDocuments(this.executor, kind);
  }

  async get<K extends DocumentKind>(kind: K, name: string): Promise<OfKind<K> | undefined> {
    return getDocument(this.executor, kind, name);
  }

  /** The secrets of a resource, unsealed, to tell whether they change. Empty where there is none. */
  async secrets(resource: string): Promise<Secrets> {
    const row = await this.executor
      .selectFrom('documents')
      .select('sealed_secrets')
      .where('kind', '=', 'Resource')
      .where('name', '=', resource)
      .executeTakeFirst();
    const opened = Object.entries(row?.sealed_secrets ?? {}).map(([profile, sealed]) => [
      profile,
      unseal(this.#keyring, sealed, resource, profile),
    ]);
    return Object.fromEntries(opened);
  }

  /** Writes a document whole, in place of the one of its kind and name; a resource with the secrets of all its profiles. */
  async put(document: StoredDocument, secrets: Secrets = {}): Promise<void> {
    assertComplete(document, secrets);
    const sealed = Object.entries(secrets).map(([profile, password]) => [
      profile,
      this.#keyring.seal(Buffer.from(password, 'utf8'), contextOf(document.name, profile)),
    ]);
    const row = {
      body: JSON.stringify(document),
      sealed_secrets: JSON.stringify(Object.fromEntries(sealed)),
    };
    await this.executor
      .insertInto('documents')
      .values({ kind: document.kind, name: document.name, ...row })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'name']).doUpdateSet({ ...row, updated_at: sql`now()` }),
      )
      .execute();
    await this.#bump();
  }

  /** @returns whether there was one. */
  async remove(kind: DocumentKind, name: string): Promise<boolean> {
    const removed = await this.executor
      .deleteFrom('documents')
      .where('kind', '=', kind)
      .where('name', '=', name)
      .executeTakeFirst();
    if (removed.numDeletedRows === 0n) return false;
    await this.#bump();
    return true;
  }

  async #bump(): Promise<void> {
    await sql`update configuration set version = version + 1`.execute(this.executor);
  }
}

const contextOf = (resource: string, profile: string): string => `credential:${resource}/${profile}`;

const unseal = (keyring: Keyring, sealed: string, resource: string, profile: string): string =>
  keyring.open(sealed, contextOf(resource, profile)).toString('utf8');

async function listDocuments(db: Kysely<Database>, kind?: DocumentKind): Promise<StoredDocument[]> {
  const all = db.selectFrom('documents').select('body').orderBy('kind').orderBy('name');
  const rows = await (kind === undefined ? all : all.where('kind', '=', kind)).execute();
  return rows.map((row) => row.body as StoredDocument);
}

async function getDocument<K extends DocumentKind>(
  db: Kysely<Database>,
  kind: K,
  name: string,
): Promise<OfKind<K> | undefined> {
  const row = await db
    .selectFrom('documents')
    .select('body')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.body as OfKind<K> | undefined;
}

async function readVersion(db: Kysely<Database>): Promise<number> {
  return Number((await db.selectFrom('configuration').select('version').executeTakeFirstOrThrow()).version);
}

/** No secret in the body, and one for each profile beside it: the types can't say the second, and a cast may break the first. */
function assertComplete(document: StoredDocument, secrets: Secrets): void {
  const profiles = document.kind === 'Resource' ? document.profiles : {};
  for (const [name, { credential }] of Object.entries(profiles)) {
    const extra = Object.keys(credential).filter((key) => key !== 'username' && key !== 'kind');
    if (extra.length > 0)
      throw new Error(`Profile ${name} of ${document.name} would be stored with its ${extra.join(', ')}.`);
    if (credential.kind !== 'certificate' && !Object.hasOwn(secrets, name))
      throw new Error(`Profile ${name} of ${document.name} would be stored without its secret.`);
  }
  const stray = Object.keys(secrets).filter((name) => !Object.hasOwn(profiles, name));
  if (stray.length > 0)
    throw new Error(`${document.kind} ${document.name} has no profile ${stray.join(', ')} for a secret.`);
}
