import { UserId } from '@drawbridge/contract';
import { createPolicyEngine } from '../gateway/src/policy/engine.ts';
import { compilePolicies } from '../gateway/src/policy/policy-set.ts';
import type { Question } from '../gateway/src/policy/question.ts';
import { median } from './programs.ts';
import type { Row } from './row.ts';

const SIZES = [10, 100, 1000] as const;
/** Of these each person and resource meets as many, however many there are. */
const GENERAL = 5;
const COLD = 1000;
const WARM = 100_000;

/**
 * What one decision costs in the data path, in µs, with few and with many policies. Cold: a question that was not asked
 * before, of a kind that was (another table). Warm: the same question again. Policies are those of many teams, each about
 * its own resources, and some about all.
 */
export function policyRows(rounds: number): Row[] {
  const engines = SIZES.map((size) => engineWith(size));
  const cold = SIZES.map((): number[] => []);
  const warm = SIZES.map((): number[] => []);
  for (const engine of engines) time(200, (index) => engine.decide(question(`warm-up.t${index}`)));
  // They take turns, so that what the machine does besides hits all.
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, engine] of engines.entries()) {
      cold[index]?.push(time(COLD, (table) => engine.decide(question(`r${round}.t${table}`))));
      const again = question('public.orders');
      warm[index]?.push(time(WARM, () => engine.decide(again)));
    }
  }
  return [
    ...rowsOf('a new question', cold.map(median), 1.5),
    ...rowsOf('the same again', warm.map(median), 1.5),
  ];
}

function rowsOf(what: string, figures: readonly number[], most: number): Row[] {
  const [ten = Number.NaN] = figures;
  return figures.map((figure, index) => {
    const ratio = figure / ten;
    const last = index === figures.length - 1;
    return {
      what: `policy: ${what}, ${SIZES[index]?.toLocaleString('en')} policies`,
      ...{ direct: Number.NaN, pipe: Number.NaN, gateway: figure, unit: 'µs' },
      result: index === 0 ? `${figure.toFixed(1)} µs` : `${ratio.toFixed(2)} x 10 policies`,
      aim: last ? `at most ${most} x 10 policies` : '',
      reached: !last || ratio <= most,
    };
  });
}

/** µs of one of so many calls. */
function time(times: number, call: (index: number) => unknown): number {
  const started = performance.now();
  for (let index = 0; index < times; index += 1) call(index);
  return ((performance.now() - started) * 1000) / times;
}

function engineWith(size: number) {
  const texts = [
    'permit (principal in Group::"team-0", action in [Action::"access", Action::"sql"], resource in Label::"team:0");',
    'permit (principal, action == Action::"sql.read", resource) when { context.profile == "read" };',
    '@approve("dba") forbid (principal, action == Action::"sql.write", resource in Label::"env:prod") unless { context.approved };',
    'forbid (principal, action in Action::"sql", resource in Label::"env:prod") when { context.functions.contains("pg_sleep") };',
    'forbid (principal, action == Action::"sql.ddl", resource in Label::"env:prod") unless { context.hasTicket };',
    ...Array.from(
      { length: size - GENERAL },
      (_, team) =>
        `permit (principal in Group::"team-${team + 1}", action in Action::"sql", resource in Label::"team:${team + 1}") when { context.profile == "read" && context.hour > 5 };`,
    ),
  ];
  const compiled = compilePolicies(texts.map((cedar, index) => ({ name: `p${index}`, cedar })));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return createPolicyEngine({ clock: { now: () => 0 }, policies: compiled.set });
}

const question = (object: string): Question => ({
  principal: {
    ...{ kind: 'user', provider: 'okta', subject: 'alice', name: 'alice', displayName: 'Alice' },
    ...{ id: UserId.parse('usr_01977f2e-0000-7000-8000-000000000001'), groups: ['team-0', 'engineering'] },
  },
  action: 'sql.read',
  resource: { name: 'orders-db', protocol: 'postgres', labels: { env: 'prod', team: '0' }, object },
  facts: {
    ...{ profile: 'read', duration: 1800, hasReason: true, ip: '10.1.2.3' },
    action: { verb: 'select', tables: [object], hasWhere: true, functions: ['count'] },
  },
});
