import { LRUCache } from 'lru-cache';
import type { Session } from '../../../sessions/session.ts';
import { AnalysisCache, type ParsedText } from './analysis-cache.ts';
import { type Catalog, fold } from './catalog.ts';
import { describeResult, UNKNOWN_ORIGIN } from './describe-result.ts';
import { type CatalogQuery, loadCatalog } from './load-catalog.ts';
import { isHarmless } from './masked-statements.ts';
import type { Analysis, Refusal, ResultMask, StatementPlan } from './plan.ts';
import { type Planned, planStatement } from './plan-statement.ts';
import { relationText } from './relations.ts';

export interface AnalysisParts {
  readonly session: Pick<Session, 'rules' | 'decide' | 'resource'>;
  /** Asks the target; the answer has to be the same for everybody, so no session's transaction may be around it. */
  readonly catalogQuery: CatalogQuery;
  /** Shared by all sessions of a gateway; without one the session loads a parser for itself. */
  readonly cache?: AnalysisCache;
}

/** How long a decision of policy holds for a text that comes again, in ms: a change of policy counts within this. */
const DECISION_LIFE = 1000;
/** How long a catalog is believed without asking whether the schema has changed, in ms. */
const CATALOG_LIFE = 30_000;
const MOST_PLANS = 2000;
const LONGEST_CACHED = 100_000;
/** More names than this in one session serve no person. */
const MOST_NAMES = 10_000;

/**
 * Makes a session's analysis; reads the target's catalog where data rules apply, and only there.
 * @throws Error when the catalog can't be read: then nothing of the resource may be shown.
 */
export async function createAnalysis({ session, catalogQuery, cache }: AnalysisParts): Promise<Analysis> {
  const analysis = new SessionAnalysis(session, catalogQuery, cache ?? (await AnalysisCache.load()));
  await analysis.begin();
  return analysis;
}

interface Kept {
  readonly plan: StatementPlan;
  readonly catalog: Catalog | undefined;
  readonly until: number;
}

class SessionAnalysis implements Analysis {
  readonly #session: AnalysisParts['session'];
  readonly #query: CatalogQuery;
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
  #wrote = false;
  #catalog: Catalog | undefined;
  /** When the catalog has to be looked at again; 0 for at once. */
  #believedUntil = 0;
  #refreshing: Promise<void> | undefined;
  /** Counts what may have changed the schema. */
  #changes = 0;

  constructor(session: AnalysisParts['session'], query: CatalogQuery, cache: AnalysisCache) {
    this.#session = session;
    this.#query = query;
    this.#cache = cache;
  }

  async begin(): Promise<void> {
    if (this.#masking) await this.#refresh();
  }

  get #masking(): boolean {
    return this.#session.rules.columns.length > 0;
  }

  plan(text: string): StatementPlan | Promise<StatementPlan> {
    const now = this.#cache.clock.now();
    const believed = !this.#masking || now < this.#believedUntil;
    const kept = this.#plans.get(text);
    if (kept && believed && kept.catalog === this.#catalog && now < kept.until) return kept.plan;
    const parsed = this.#cache.read(text);
    // ROLLBACK must work also while the target can't be asked anything.
    if (believed || parsed.statements.every(({ node }) => isHarmless(node))) {
      const planned = this.#plan(text, parsed);
      return planned.unknown.length === 0 ? this.#keep(text, planned) : this.#planAfresh(text, parsed);
    }
    return this.#planAfresh(text, parsed);
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

  invalidate(): void {
    this.#believedUntil = 0;
    this.#changes += 1;
    // What is being read now may be from before the change.
    this.#refreshing = undefined;
  }

  #describe(
    frame: Buffer,
    plan: StatementPlan,
    formats: readonly number[] | undefined,
    unknownIsOwn = false,
  ) {
    const hashKey = this.#masking ? this.#cache.hashKey(this.#session.resource.name) : undefined;
    return describeResult(frame, plan, {
      ...(this.#catalog && { catalog: this.#catalog }),
      ...(hashKey && { hashKey }),
      ...(formats && { formats }),
      unknownIsOwn,
    });
  }

  #plan(text: string, parsed: ParsedText): Planned {
    const past = { labels: this.#labels, wrote: this.#wrote };
    return planStatement(text, parsed, this.#session, this.#catalog, past);
  }

  /** Looks at the target's schema again before it plans. */
  async #planAfresh(text: string, parsed: ParsedText): Promise<StatementPlan> {
    try {
      await this.#refresh();
    } catch {
      return refused(parsed, unreadable);
    }
    const planned = this.#plan(text, parsed);
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

  #keep(text: string, { plan, made, unknown, writes }: Planned): StatementPlan {
    if (!plan.refusal) {
      for (const label of plan.labels ?? []) this.#labels.add(label);
      for (const name of made) this.#made.add(name);
      // Plans of EXECUTE and COMMIT were made for a session that had written nothing.
      if (writes && !this.#wrote) this.#plans.clear();
      this.#wrote ||= writes;
      if (this.#labels.size + this.#made.size > MOST_NAMES) return { ...plan, ...deny(tooMany) };
    }
    // What rests on a table of its own is looked at afresh each time.
    if (unknown.length > 0) return plan;
    this.#plans.set(text, { plan, catalog: this.#catalog, until: this.#cache.clock.now() + DECISION_LIFE });
    return plan;
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
    const {
      resource,
      rules: { columns: rules },
    } = this.#session;
    const known = this.#catalog ?? this.#cache.catalog(resource.name, rules);
    const asked = this.#cache.clock.now();
    const changes = this.#changes;
    const catalog = await loadCatalog(this.#query, rules, this.#cache.parser, known);
    this.#catalog = catalog;
    if (changes === this.#changes) this.#believedUntil = asked + CATALOG_LIFE;
    this.#cache.keepCatalog(resource.name, rules, catalog);
  }
}

const deny = (refusal: Refusal) => ({
  refusal,
  masks: false,
  decision: { verdict: 'deny' as const, reason: refusal.message, policies: [] },
});

const refused = (parsed: ParsedText, refusal: Refusal): StatementPlan => ({
  recordedText: parsed.recordedText,
  count: parsed.statements.length,
  actions: [],
  tables: [...new Set(parsed.statements.flatMap(({ classification }) => classification.tables))],
  texts: 'without-details',
  ...deny(refusal),
});

const unreadable: Refusal = {
  sqlstate: '42501',
  message: "the schema of the database can't be read, so it can't be told which columns are masked",
  hint: 'Try again; if it goes on, ask whoever administers the database.',
};

const unknownOrigin: Refusal = {
  sqlstate: '42501',
  message: "the result has columns of a table that isn't known, so it can't be told whether they are masked",
  hint: 'If this transaction made the table, commit first.',
};

const tooMany: Refusal = {
  sqlstate: '54000',
  message: 'this session has made too many relations; open another one',
};
