import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import { createMaskingWorld, type MaskingWorld, RULES } from '../../../../../test/support/masking-world.ts';
import type { Action, Decision } from '../../../policy/decision.ts';
import { AnalysisCache } from './analysis-cache.ts';
import { type AnalysisParts, createAnalysis } from './create-analysis.ts';

const allow: Decision = { verdict: 'allow', policies: ['all'] };
const resource = { name: 'orders-db', protocol: 'postgres', labels: {} } as const;

describe('without data rules', () => {
  let cache: AnalysisCache;
  let clock: ManualClock;
  let decision: Decision;
  let asked: (readonly Action[])[];

  beforeAll(async () => {
    clock = new ManualClock();
    cache = await AnalysisCache.load({ clock });
  });
  beforeEach(() => {
    decision = allow;
    asked = [];
  });

  const analysis = (columns: AnalysisParts['session']['rules']['columns'] = []) =>
    createAnalysis({
      session: {
        rules: { columns, text: [] },
        resource,
        decide: (actions) => {
          asked.push(actions);
          return decision;
        },
      },
      catalogQuery: () => Promise.reject(new Error('the catalog must not be asked')),
      cache,
    });

  it('the catalog is never read, and everything passes as it is', async () => {
    const plan = (await analysis()).plan('select upper(ssn) from customers');
    expect(plan).toMatchObject({
      decision: allow,
      masks: false,
      texts: 'pass',
      tables: ['customers'],
      count: 1,
    });
    expect(plan).not.toHaveProperty('refusal');
  });

  it('where the catalog can not be read there is no session', async () => {
    await expect(analysis(RULES)).rejects.toThrow('must not be asked');
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

  it('what needs approval is refused for now, saying whose', async () => {
    decision = {
      verdict: 'needs',
      requirements: [{ kind: 'approve', count: 2, groups: ['dba', 'security'], policy: 'p1' }],
      policies: ['p1'],
    };
    const plan = (await analysis()).plan('delete from a');
    expect(plan).toMatchObject({
      decision: { verdict: 'deny' },
      refusal: { message: expect.stringContaining('approval of 2 of dba, security') },
    });
  });

  it('what can not be parsed is refused whatever policy says', async () => {
    expect((await analysis()).plan('selec 1')).toMatchObject({
      actions: [{ name: 'sql.unanalyzable' }],
      refusal: { sqlstate: '42601', message: 'syntax error at or near "selec"', position: 1 },
    });
  });

  it('a text that comes again is not decided again, but for long enough that a change of policy counts', async () => {
    const one = await analysis();
    const plan = one.plan('select 1');
    expect(one.plan('select 1')).toBe(plan);
    expect(asked).toHaveLength(1);
    decision = { verdict: 'deny', reason: 'not any more', policies: [] };
    clock.advance(1000);
    expect(one.plan('select 1')).toMatchObject({ refusal: { message: 'not any more' } });
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
      session: { rules: { columns: RULES, text: [] }, resource, decide: () => allow },
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
      session: { rules: { columns: RULES, text: [] }, resource, decide: () => allow },
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
