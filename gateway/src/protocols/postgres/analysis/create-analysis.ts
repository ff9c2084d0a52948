import { LRUCache } from 'lru-cache';
import type { Session } from '../../../sessions/session.ts';
import { AnalysisCache, type KnownCatalog, type ParsedText } from './analysis-cache.ts';
import type { Catalog } from './catalog.ts';
import { describeResult, UNKNOWN_ORIGIN } from './describe-result.ts';
import { estimable } from './estimable.ts';
import { fold } from './fold.ts';
import { type CatalogQuery, loadCatalog } from './load-catalog.ts';
import { isHarmless } from './masked-statements.ts';
import type { Analysis, Refusal, ResultMask, StatementPlan } from './plan.ts';
import { type Planned, planStatement } from './plan-statement.ts';
import { deny, refused, tooMany, unknownOrigin, unreadable } from './refused-plans.ts';
import { relationText } from './relations.ts';
import { SessionNames } from './session-names.ts';
import type { Classification } from './tally.ts';

export interface AnalysisParts {
  readonly session: Pick<Session, 'rules' | 'decide' | 'decisionVersion' | 'resource'>;
  /** Asks the target; the answer has to be the same for everybody, so no session's transaction may be around it. */
  readonly catalogQuery: CatalogQuery;
  /** Where that is. What another session found at the same place lately need not be asked again. */
  readonly target?: string;
  /** Shared by all sessions of a gateway; without one the session loads a parser for itself. */
  readonly cache?: AnalysisCache;
}

/** How long a catalog is believed without asking whether the schema has changed, in ms. */
const CATALOG_LIFE = 30_000;
/** How long before an unknown name, without data rules, or an unread view has the catalog read again, in ms. */
const UNKNOWN_LIFE = 1000;
const MOST_PLANS = 2000;
const LONGEST_CACHED = 100_000;
/** More names than this in one session serve no person. */
const MOST_NAMES = 10_000;

/**
 * Makes a session's analysis, and reads the target's catalog: it tells what names, views and partitions mean.
 * @throws Error when the catalog can't be read: then nothing of the resource may be shown.
 */
export async function createAnalysis({
  session,
  catalogQuery,
  target,
  cache,
}: AnalysisParts): Promise<Analysis> {
  const analysis = new SessionAnalysis(session, catalogQuery, target, cache ?? (await AnalysisCache.load()));
  await analysis.begin();
  return analysis;
}

interface Kept {
  readonly plan: StatementPlan;
  readonly catalog: Catalog | undefined;
  /** `Session.decisionVersion` it was decided at. */
  readonly version: number;
  /** `SessionNames.version` where it rests on names that the session gave. */
  readonly names: number | undefined;
}

class SessionAnalysis implements Analysis {
  readonly #session: AnalysisParts['session'];
  readonly #query: CatalogQuery;
  readonly #target: string | undefined;
  readonly #cache: AnalysisCache;
  readonly #plans = new LRUCache<string, Kept>({
    max: MOST_PLANS,
    maxSize: 5_000_000,
    maxEntrySize: LONGEST_CACHED,
    sizeCalculation: (_kept, text) => text.length + 100,
  });
  /** Folded names of tables it made or changed. */
  readonly #made = new Set<string>();
  readonly #labels = new Set<string>();
  readonly #names = new SessionNames();
  #wrote = false;
  #catalog: Catalog | undefined;
  /** When the catalog has to be looked at again; 0 for at once. */
  #believedUntil = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #changedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  /** Counts what may have changed the schema. */
  #changes = 0;

  constructor(
    session: AnalysisParts['session'],
    query: CatalogQuery,
    target: string | undefined,
    cache: AnalysisCache,
  ) {
    this.#session = session;
    this.#query = query;
    this.#target = target;
    this.#cache = cache;
  }

  async begin(): Promise<void> {
    const { catalog } = this.#shared ?? {};
    // Masks are looked at for each session: they come sooner than half a minute then.
    if (this.#target !== undefined && !this.#masking) this.#catalog = catalog;
    if (this.#catalog === undefined || !this.#believes()) await this.#refresh();
  }

  get #shared(): KnownCatalog | undefined {
    return this.#cache.catalog(this.#place, this.#session.rules.columns);
  }

  get #place(): string {
    return `${this.#session.resource.name} ${this.#target ?? ''}`;
  }

  get #masking(): boolean {
    return this.#session.rules.columns.length > 0;
  }

  plan(text: string): StatementPlan | Promise<StatementPlan> {
    const believed = this.#believes();
    const kept = this.#plans.get(text);
    if (kept && believed && this.#isCurrent(kept)) return kept.plan;
    const parsed = this.#cache.read(text);
    // ROLLBACK must work also while the target can't be asked anything.
    if (!believed && !parsed.statements.every(needsNoCatalog)) return this.#planAfresh(text, parsed);
    const planned = this.#plan(text, parsed);
    return this.#restsOnUnknown(planned) ? this.#planAfresh(text, parsed) : this.#keep(text, planned);
  }

  prepared(name: string, text: string): void {
    for (const { classification } of this.#cache.read(text).statements)
      this.#names.prepare(name, classification);
  }

  describe(
    frame: Buffer,
    plan: StatementPlan,
    formats?: readonly number[],
  ): ResultMask | Refusal | Promise<ResultMask | Refusal> {
    const first = this.#describe(frame, plan, formats);
    if (first !== UNKNOWN_ORIGIN) return first;
    return this.#refresh().then(
      () => {
        const second = this.#describe(frame, plan, formats, this.#made.size > 0);
        return second === UNKNOWN_ORIGIN ? unknownOrigin : second;
      },
      () => unreadable,
    );
  }

  estimable(text: string): readonly number[] | undefined {
    const { refusal, statements } = this.#cache.read(text);
    if (refusal !== undefined || this.#catalog === undefined) return undefined;
    return estimable(statements, this.#catalog);
  }

  invalidate(): void {
    this.#believedUntil = 0;
    this.#changes += 1;
    this.#changedAt = this.#cache.clock.now();
    // What is being read now may be from before the change.
    this.#refreshing = undefined;
    const known = this.#shared;
    const asked = Number.NEGATIVE_INFINITY;
    if (known) this.#cache.keepCatalog(this.#place, this.#session.rules.columns, { ...known, asked });
  }

  #describe(
    frame: Buffer,
    plan: StatementPlan,
    formats: readonly number[] | undefined,
    unknownIsOwn = false,
  ) {
    const hashKey = this.#masking ? this.#cache.hashKey(this.#session.resource.name) : undefined;
    return describeResult(frame, plan, {
      ...(this.#catalog && this.#masking && { catalog: this.#catalog }),
      ...(hashKey && { hashKey }),
      ...(formats && { formats }),
      unknownIsOwn,
    });
  }

  /** Whether the catalog can be gone by: looked at lately, by this session or another that found the same. */
  #believes(): boolean {
    const now = this.#cache.clock.now();
    if (now < this.#believedUntil) return true;
    const shared = this.#shared;
    if (shared === undefined || shared.catalog !== this.#catalog || shared.asked <= this.#changedAt)
      return false;
    this.#believedUntil = shared.asked + CATALOG_LIFE;
    return now < this.#believedUntil;
  }

  #isCurrent({ catalog, version, names }: Kept): boolean {
    return (
      catalog === this.#catalog &&
      version === this.#session.decisionVersion &&
      (names === undefined || names === this.#names.version)
    );
  }

  /** A name the catalog doesn't know may be in it by now, and a lock gone that kept a view from being read. */
  #restsOnUnknown({ unknown, unread }: Planned): boolean {
    const due = this.#cache.clock.now() - this.#readAt >= UNKNOWN_LIFE;
    if (unread) return due;
    if (unknown.length === 0 || this.#masking) return unknown.length > 0;
    return due && unknown.some(({ name }) => !this.#made.has(fold(name)));
  }

  #plan(text: string, parsed: ParsedText): Planned {
    const target = { catalog: this.#catalog, masking: this.#masking };
    const past = { labels: this.#labels, wrote: this.#wrote, names: this.#names };
    return planStatement(text, parsed, this.#session, target, past);
  }

  /** Looks at the target's schema again before it plans. */
  async #planAfresh(text: string, parsed: ParsedText): Promise<StatementPlan> {
    try {
      await this.#refresh();
    } catch {
      // Where nothing is masked, what was read last goes on: the database may be short of connections.
      if (this.#masking) return refused(parsed, unreadable);
      this.#believedUntil = this.#cache.clock.now() + CATALOG_LIFE;
    }
    const planned = this.#plan(text, parsed);
    if (planned.plan.refusal || !this.#masking) return this.#keep(text, planned);
    // Not in the catalog, which is fresh: it is the session's own and not committed, or it isn't there.
    const unknown = planned.unknown.find(
      ({ name }) => !this.#made.has(fold(name)) && !planned.made.includes(fold(name)),
    );
    if (!unknown) return this.#keep(text, planned);
    return {
      ...planned.plan,
      ...deny({
        sqlstate: '42P01',
        message: `relation "${relationText(unknown)}" does not exist`,
        hint: 'Or the gateway cannot see it yet: what another transaction makes counts once it is committed.',
      }),
    };
  }

  #keep(text: string, { plan, made, unknown, unread, writes, runsCode }: Planned): StatementPlan {
    const { statements } = this.#cache.read(text);
    if (!plan.refusal) {
      if (runsCode) this.#names.untold();
      for (const { classification } of statements) this.#takeNames(classification);
      for (const label of plan.labels ?? []) this.#labels.add(label);
      for (const name of made) this.#made.add(name);
      // Plans of EXECUTE and COMMIT were made for a session that had written nothing.
      if (writes && !this.#wrote) this.#plans.clear();
      this.#wrote ||= writes;
      if (this.#labels.size + this.#made.size > MOST_NAMES) return { ...plan, ...deny(tooMany) };
    }
    // What rests on a table of its own is looked at afresh each time.
    if (unknown.length > 0 || unread) return plan;
    const replays = statements.some(
      ({ classification: { executes, fetches } }) => executes.length + fetches.length > 0,
    );
    this.#plans.set(text, {
      plan,
      catalog: this.#catalog,
      version: this.#session.decisionVersion,
      names: replays ? this.#names.version : undefined,
    });
    return plan;
  }

  #takeNames({ prepares, declares }: Classification): void {
    if (prepares) this.#names.prepare(prepares.name, prepares.statement);
    if (declares !== undefined) this.#names.declare(declares);
  }

  #refresh(): Promise<void> {
    if (this.#refreshing) return this.#refreshing;
    const refreshing = this.#load().finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    });
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #load(): Promise<void> {
    const rules = this.#session.rules.columns;
    const now = this.#cache.clock.now();
    const changes = this.#changes;
    const known = this.#catalog ?? this.#shared?.catalog;
    const catalog = await loadCatalog(this.#query, rules, this.#cache.parser, known);
    this.#catalog = catalog;
    this.#readAt = now;
    if (changes === this.#changes) this.#believedUntil = now + CATALOG_LIFE;
    this.#cache.keepCatalog(this.#place, rules, { catalog, asked: now });
  }
}

const needsNoCatalog = ({
  node,
  classification: { acts, calls },
}: ParsedText['statements'][number]): boolean =>
  isHarmless(node) &&
  calls.functions.length === 0 &&
  acts.every(({ relation, schema }) => relation === undefined && schema === undefined);
