import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import { createMaskingWorld, type MaskingWorld, RULES } from '../../../../../test/support/masking-world.ts';
import type { Action, Decision } from '../../../policy/decision.ts';
import { AnalysisCache } from './analysis-cache.ts';
import { type AnalysisParts, createAnalysis } from './create-analysis.ts';
import type { StatementPlan } from './plan.ts';

const allow: Decision = { verdict: 'allow', policies: ['all'] };
const resource = { name: 'orders-db', protocol: 'postgres', labels: {} } as const;

/** A target with these tables in `public`, and nothing else. */
const catalogOf = (tables: readonly string[], fingerprint = tables.join()) => {
  const rows = tables.map((name, at) => ['relations', JSON.stringify([20_000 + at, 'public', name, 'r', 0])]);
  return (sql: string) =>
    Promise.resolve(
      sql.includes("'relations'")
        ? [['fingerprint', JSON.stringify([fingerprint])], ...rows]
        : [[fingerprint]],
    );
};

describe('without data rules', () => {
  let cache: AnalysisCache;
  let clock: ManualClock;
  let decision: Decision;
  let decisionVersion: number;
  let asked: (readonly Action[])[];
  let queries: string[];
  let target: (sql: string) => Promise<(string | null)[][]>;

  beforeEach(async () => {
    clock = new ManualClock();
    cache = await AnalysisCache.load({ clock });
    decision = allow;
    decisionVersion = 0;
    asked = [];
    queries = [];
    target = catalogOf(['customers', 'a']);
  });

  const analysis = (columns: AnalysisParts['session']['rules']['columns'] = [], place?: string) =>
    createAnalysis({
      ...(place !== undefined && { target: place }),
      session: {
        rules: { columns, text: [] },
        resource,
        get decisionVersion() {
          return decisionVersion;
        },
        decide: (actions) => {
          asked.push(actions);
          return decision;
        },
      },
      catalogQuery: (sql) => {
        queries.push(sql);
        return target(sql);
      },
      cache,
    });
  const actions = (plan: StatementPlan) =>
    plan.actions.map(({ name, object }) => (object === undefined ? name : `${name} ${object}`));

  it('the catalog tells what names mean, and everything passes as it is', async () => {
    const plan = await (await analysis()).plan('select upper(ssn) from customers');
    expect(plan).toMatchObject({
      decision: allow,
      masks: false,
      texts: 'pass',
      tables: ['customers'],
      count: 1,
      actions: [{ name: 'sql.read', object: 'public.customers' }],
    });
    expect(plan).not.toHaveProperty('refusal');
  });

  it.each([[[]], [RULES]])('where the catalog can not be read there is no session', async (columns) => {
    target = () => Promise.reject(new Error('no catalog for you'));
    await expect(analysis(columns)).rejects.toThrow('no catalog for you');
  });

  it('what was read last goes on while the target can not be asked', async () => {
    const one = await analysis();
    clock.advance(30_000);
    target = () => Promise.reject(new Error('too many connections'));
    expect(await one.plan('select * from a')).toMatchObject({ actions: [{ object: 'public.a' }] });
  });

  it('an unknown name has the catalog looked at again, not more than once a second', async () => {
    const one = await analysis();
    clock.advance(1000);
    target = catalogOf(['customers', 'a', 'fresh']);
    expect(actions(await one.plan('select * from fresh'))).toEqual(['sql.read public.fresh']);
    const before = queries.length;
    expect(actions(await one.plan('select * from nowhere'))).toEqual(['sql.read nowhere']);
    expect(queries).toHaveLength(before);
  });

  it('sessions of a gateway ask for each other whether the schema has changed', async () => {
    const one = await analysis();
    clock.advance(29_000);
    await analysis();
    clock.advance(2000);
    const before = queries.length;
    await one.plan('select 1');
    expect(queries).toHaveLength(before);
    clock.advance(28_000);
    await one.plan('select 1');
    expect(queries).toHaveLength(before + 1);
  });

  it('a session to the same place within half a minute asks nothing', async () => {
    await analysis([], 'db.internal:5432/orders');
    const before = queries.length;
    clock.advance(29_000);
    const two = await analysis([], 'db.internal:5432/orders');
    expect(actions(await two.plan('select * from a'))).toEqual(['sql.read public.a']);
    expect(queries).toHaveLength(before);
    await analysis([], 'other.internal:5432/orders');
    clock.advance(1000);
    await analysis([], 'db.internal:5432/orders');
    expect(queries).toHaveLength(before + 2);
  });

  it('after a change of the schema the next session asks', async () => {
    const one = await analysis([], 'db.internal:5432/orders');
    one.invalidate();
    target = catalogOf(['fresh']);
    const two = await analysis([], 'db.internal:5432/orders');
    expect(actions(await two.plan('select * from fresh'))).toEqual(['sql.read public.fresh']);
  });

  it('a result may come from what the catalog does not know, a temporary table for one', async () => {
    const one = await analysis();
    const plan = await one.plan('select 1');
    const before = queries.length;
    const field = Buffer.from('x\0\0\0\xff\xff\0\x01\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0', 'latin1');
    const head = Buffer.from([0x54, 0, 0, 0, field.length + 6, 0, 1]);
    expect(one.describe(Buffer.concat([head, field]), plan)).toMatchObject({ columns: [{ name: 'x' }] });
    expect(queries).toHaveLength(before);
  });

  it('an empty text is no statement', async () => {
    expect((await analysis()).plan(' ; ')).toMatchObject({
      count: 0,
      actions: [],
      decision: { verdict: 'allow' },
    });
    expect(asked).toEqual([]);
  });

  it('what policy denies is refused, naming the policy', async () => {
    decision = { verdict: 'deny', reason: 'no policy lets alice write to orders-db', policies: ['p1'] };
    const plan = (await analysis()).plan('delete from a');
    expect(plan).toMatchObject({
      decision,
      refusal: { sqlstate: '42501', message: decision.reason, hint: 'Decided by policy p1.' },
    });
  });

  it('what needs approval is planned like what is allowed, with what reviewers want to know', async () => {
    decision = {
      verdict: 'needs',
      requirements: [{ kind: 'approve', count: 2, groups: ['dba', 'security'], policy: 'p1' }],
      policies: ['p1'],
    };
    const one = await analysis();
    const plan = one.plan('delete from a');
    expect(plan).toMatchObject({ decision, hasWhere: false });
    expect(plan).not.toHaveProperty('refusal');
    expect(one.plan('delete from a where id = 1')).toMatchObject({ hasWhere: true });
    expect(one.plan('insert into a values (1)')).not.toHaveProperty('hasWhere');
  });

  it('what can not be parsed is refused whatever policy says', async () => {
    expect((await analysis()).plan('selec 1')).toMatchObject({
      actions: [{ name: 'sql.unanalyzable' }],
      refusal: { sqlstate: '42601', message: 'syntax error at or near "selec"', position: 1 },
    });
  });

  it('a text that comes again is decided again only when decisions may have changed', async () => {
    const one = await analysis();
    const plan = one.plan('select 1');
    clock.advance(20_000);
    expect(one.plan('select 1')).toBe(plan);
    expect(asked).toHaveLength(1);
    decision = { verdict: 'deny', reason: 'not any more', policies: [] };
    decisionVersion += 1;
    expect(one.plan('select 1')).toMatchObject({ refusal: { message: 'not any more' } });
  });

  describe('a name given to a statement', () => {
    it('carries what it was given to, all of it', async () => {
      const one = await analysis();
      expect(actions(await one.plan('prepare p as select * from a'))).toEqual(['sql.session']);
      expect(actions(await one.plan('execute p'))).toEqual(['sql.session', 'sql.read public.a']);
      await one.plan('prepare p as delete from customers');
      expect(actions(await one.plan('execute p'))).toEqual([
        'sql.session',
        'sql.read public.a',
        'sql.read public.customers',
        'sql.write public.customers',
      ]);
      expect((await one.plan('execute p')).hasWhere).toBe(false);
    });

    it('may be given by Parse', async () => {
      const one = await analysis();
      one.prepared('p', 'delete from a where id = $1');
      const plan = await one.plan('execute p(1)');
      expect(actions(plan)).toEqual(['sql.session', 'sql.read public.a', 'sql.write public.a']);
      expect(plan).toMatchObject({
        hasWhere: true,
        actions: [{ context: { verb: 'delete' } }, {}, {}],
      });
    });

    it('that was refused is not known', async () => {
      const one = await analysis();
      decision = { verdict: 'deny', reason: 'no', policies: [] };
      await one.plan('prepare p as select 1');
      decision = allow;
      expect(actions(await one.plan('execute p'))).toEqual(['sql.unanalyzable p', 'sql.session']);
    });

    it.each(['do $$ begin end $$', 'select anything(1)', 'call anything()'])(
      'means anything once code ran that nobody looked into: %s',
      async (code) => {
        const one = await analysis();
        await one.plan('prepare p as select 1');
        await one.plan(code);
        expect(actions(await one.plan('execute p'))).toEqual(['sql.unanalyzable p', 'sql.session']);
      },
    );

    it('by way of another name is not followed', async () => {
      const one = await analysis();
      one.prepared('p', 'select 1');
      one.prepared('q', 'execute p');
      expect(actions(await one.plan('execute q'))).toContain('sql.unanalyzable q');
    });

    it.each(['x'.repeat(64), 'ü'.repeat(32)])(
      'longer than the server keeps makes all names unsure',
      async (name) => {
        const one = await analysis();
        one.prepared('p', 'select 1');
        one.prepared(name, 'delete from a');
        expect(actions(await one.plan('execute p'))).toContain('sql.unanalyzable p');
      },
    );
  });

  it('FETCH belongs to its DECLARE; other cursors are not known', async () => {
    const one = await analysis();
    expect(actions(await one.plan('fetch 1 from c'))).toEqual(['sql.unanalyzable c', 'sql.session']);
    expect(actions(await one.plan('declare c cursor for select * from a'))).toEqual(['sql.read public.a']);
    expect(actions(await one.plan('fetch 1 from c'))).toEqual(['sql.session']);
    expect(actions(await one.plan('fetch 1 from "another"'))).toEqual([
      'sql.unanalyzable another',
      'sql.session',
    ]);
  });
});

describe('with data rules', () => {
  let world: MaskingWorld;
  beforeAll(async () => {
    world = await createMaskingWorld('zebra');
  });
  afterAll(() => world?.close());

  it('an unqualified name is decided on as every table it can mean', async () => {
    const plan = await (await world.analysis()).plan('select count(*) from customers');
    expect(plan.actions.map(({ object }) => object).sort()).toEqual(['other.customers', 'public.customers']);
  });

  it('after invalidate the next plan sees what changed', async () => {
    const analysis = await world.analysis();
    await world.owner.query('create view fresh_view as select upper(ssn) as x from customers');
    analysis.invalidate();
    expect((await analysis.plan('select x from fresh_view')).refusal?.message).toMatch(
      /fresh_view can't be used/,
    );
    await world.owner.query('drop view fresh_view');
  });

  it('what became masked elsewhere counts after half a minute at the latest', async () => {
    const clock = new ManualClock();
    const cache = await AnalysisCache.load({ clock });
    const ask = async (sql: string) =>
      (await world.owner.query<(string | null)[]>({ text: sql, rowMode: 'array' })).rows.map((row) =>
        row.map((value) => (value === null ? null : String(value))),
      );
    const analysis = await createAnalysis({
      session: { rules: { columns: RULES, text: [] }, resource, decide: () => allow, decisionVersion: 0 },
      catalogQuery: ask,
      cache,
    });
    await world.owner.query('alter table orders rename column name to email');
    clock.advance(30_000);
    expect((await analysis.plan('select upper(email) from orders')).refusal?.message).toMatch(
      /public\.orders\.email is masked/,
    );
    await world.owner.query('alter table orders rename column email to name');
  });

  it('while the target can not be asked nothing new is planned, but a transaction can end', async () => {
    const clock = new ManualClock();
    const cache = await AnalysisCache.load({ clock });
    let down = false;
    const ask = async (sql: string) => {
      if (down) throw new Error('down');
      return (await world.owner.query<(string | null)[]>({ text: sql, rowMode: 'array' })).rows.map((row) =>
        row.map((value) => (value === null ? null : String(value))),
      );
    };
    const analysis = await createAnalysis({
      session: { rules: { columns: RULES, text: [] }, resource, decide: () => allow, decisionVersion: 0 },
      catalogQuery: ask,
      cache,
    });
    down = true;
    analysis.invalidate();
    expect((await analysis.plan('select 1')).refusal?.message).toMatch(
      /schema of the database can't be read/,
    );
    expect(await analysis.plan('rollback')).not.toHaveProperty('refusal');
  });
});
