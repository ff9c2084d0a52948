import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Client, DatabaseError, Query } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action } from '../../gateway/src/policy/decision.ts';
import { AnalysisCache } from '../../gateway/src/protocols/postgres/analysis/analysis-cache.ts';
import { executed } from '../../gateway/src/protocols/postgres/analysis/executed.ts';
import { loadCatalog } from '../../gateway/src/protocols/postgres/analysis/load-catalog.ts';
import { resolveActions } from '../../gateway/src/protocols/postgres/analysis/resolve-actions.ts';
import { SessionNames } from '../../gateway/src/protocols/postgres/analysis/session-names.ts';
import { type DebianServer, startDebianServer } from '../support/debian-server.ts';

type Sent = string | readonly [text: string, data: string];
interface SuiteFile {
  readonly name: string;
  readonly statements: readonly Sent[];
}

/** The statements of PostgreSQL 15's regression suite, see `scripts/regress-statements.ts`. */
const suite: readonly SuiteFile[] = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/postgresql-regress.json.gz', import.meta.url))).toString(
    'utf8',
  ),
);
const READ_ONLY = '25006';
/**
 * Their effect was decided on when it was asked for: FETCH runs what DECLARE was decided on for, SET CONSTRAINTS and the
 * end of a transaction run triggers that a write put off.
 */
const decidedBefore = new Set(['FetchStmt', 'ConstraintsSetStmt', 'TransactionStmt', 'VariableSetStmt']);
/** A million rows for plans of hash joins, and nothing else that is new. */
const slow = new Set(['join_hash']);

/** COPY … FROM stdin with its data. */
class CopyIn extends Query {
  readonly #data: string;

  constructor(text: string, data: string) {
    super(text);
    this.#data = data;
  }

  handleCopyInResponse(connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }): void {
    connection.sendCopyFromChunk(Buffer.from(this.#data));
    connection.endCopyFrom();
  }
}

describe("PostgreSQL's own regression suite", () => {
  let cache: AnalysisCache;
  let server: DebianServer;
  beforeAll(async () => {
    cache = await AnalysisCache.load();
    server = await startDebianServer();
  });
  afterAll(() => server?.stop());

  it('crashes the analysis nowhere', () => {
    let understood = 0;
    let all = 0;
    for (const { statements } of suite) {
      for (const sent of statements) {
        const parsed = cache.read(typeof sent === 'string' ? sent : sent[0]);
        all += 1;
        if (parsed.refusal) expect(parsed.refusal.sqlstate).toMatch(/^(42601|42501|54001)$/);
        else understood += 1;
      }
    }
    expect(understood / all).toBeGreaterThan(0.9);
  });

  it('has no statement that PostgreSQL executes as a write and the analysis judges a read', async () => {
    const run = new SuiteRun(server.url('postgres'), cache);
    for (const file of suite) if (!slow.has(file.name)) await run.file(file);
    await run.end();
    expect(run.misjudged).toEqual([]);
    // Half of what fails is meant to fail; the rest misses what the suite's own C library or data files would bring.
    expect(run.checked).toBeGreaterThan(15_000);
    expect(run.succeeded).toBeGreaterThan(11_000);
    expect(run.refused).toBeGreaterThan(40);
  }, 600_000);
});

/** Runs the suite, each statement that is judged a read in a transaction that lets nothing be written first. */
class SuiteRun {
  readonly misjudged: string[] = [];
  /** Statements judged a read that ran where nothing can be written. */
  checked = 0;
  /** Those of them that PostgreSQL ran to their end. */
  succeeded = 0;
  /** Those which PostgreSQL refused there, and which the catalog shows to be no reads. */
  refused = 0;
  readonly #url: string;
  readonly #cache: AnalysisCache;
  #client: Client | undefined;
  #names = new SessionNames();
  #inTransaction = false;

  constructor(url: string, cache: AnalysisCache) {
    this.#url = url;
    this.#cache = cache;
  }

  async file({ name, statements }: SuiteFile): Promise<void> {
    await this.#connect('');
    for (const sent of statements) {
      const [text, data] = typeof sent === 'string' ? [sent, undefined] : sent;
      if (text.startsWith('\\c')) await this.#connect(text.slice(3));
      else await this.#statement(name, text, data);
    }
  }

  async end(): Promise<void> {
    await this.#client?.end();
  }

  async #connect(role: string): Promise<void> {
    await this.#client?.end();
    const client = new Client({ connectionString: this.#url, statement_timeout: 1000, lock_timeout: 500 });
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    this.#names = new SessionNames();
    this.#inTransaction = false;
    if (/^\w+$/.test(role)) await this.#try(`set session authorization ${role}`);
  }

  async #statement(file: string, text: string, data: string | undefined): Promise<void> {
    const { statements } = this.#cache.read(text);
    const classified = executed(statements, this.#names);
    for (const { prepares, declares } of classified) {
      if (prepares) this.#names.prepare(prepares.name, prepares.statement);
      if (declares !== undefined) this.#names.declare(declares);
    }
    const [only, ...more] = statements;
    const kind = only && more.length === 0 ? only.node.kind : undefined;
    // What functions do is only known with a catalog, which is looked at where it matters.
    const mayBeRead = classified.every(({ acts }) => isRead(acts));
    const check = mayBeRead && kind !== undefined && data === undefined && !decidedBefore.has(kind);
    const code = check ? await this.#tryReadOnly(text) : READ_ONLY;
    if (check && code === READ_ONLY) await this.#look(file, text, classified);
    // A query that wrote nothing needs no second run, unless it has a transaction to spoil.
    const spent = kind === 'SelectStmt' && code !== READ_ONLY && (code === undefined || !this.#inTransaction);
    if (!spent) await this.#try(text, data);
    if (kind === 'TransactionStmt' || more.length > 0)
      this.#inTransaction = (await this.#try('savepoint look; release look')) === undefined;
  }

  /** @returns the SQLSTATE it failed with. */
  async #tryReadOnly(text: string): Promise<string | undefined> {
    const [before, after] = this.#inTransaction
      ? ['savepoint look; set local transaction_read_only = on', 'rollback to look; release look']
      : ['begin read only', 'rollback'];
    // In a transaction that failed already.
    if ((await this.#try(before)) !== undefined) return 'failed';
    this.checked += 1;
    const code = await this.#try(text);
    if (code === undefined) this.succeeded += 1;
    await this.#try(after);
    return code;
  }

  /** PostgreSQL calls it a write: so has the analysis to, once it knows the catalog. */
  async #look(file: string, text: string, classified: ReturnType<typeof executed>): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const ask = async (sql: string) => {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
      return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
    };
    const path = (await ask('show search_path'))[0]?.[0] ?? '';
    await client.query("select pg_catalog.set_config('search_path', 'pg_catalog', false)");
    const catalog = await loadCatalog(ask, [], this.#cache.parser);
    await client.query("select pg_catalog.set_config('search_path', $1, false)", [path]);
    const actions = classified.flatMap((each) => resolveActions(each, catalog).actions);
    if (isRead(actions)) this.misjudged.push(`${file}: ${text}`);
    else this.refused += 1;
  }

  /** @returns the SQLSTATE it failed with. */
  async #try(text: string, data?: string): Promise<string | undefined> {
    try {
      if (data === undefined) await this.#client?.query(text);
      else
        await new Promise<void>((resolve, reject) => {
          const copy = new CopyIn(text, data);
          copy.on('end', () => resolve());
          copy.on('error', reject);
          this.#client?.query(copy);
        });
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseError) return error.code;
      throw error;
    }
  }
}

const isRead = (actions: readonly Pick<Action, 'name'>[]): boolean =>
  actions.every(({ name }) => name === 'sql.read' || name === 'sql.session');
