import type { Needs } from '../../gateway/src/policy/decision.ts';
import type {
  Analysis,
  Refusal,
  ResultMask,
  StatementPlan,
} from '../../gateway/src/protocols/postgres/analysis/plan.ts';

const NEEDS: Needs = {
  verdict: 'needs',
  policies: ['writes-reviewed'],
  requirements: [{ kind: 'approve', policy: 'writes-reviewed', count: 1, groups: ['dba'] }],
};
const STARS = Buffer.from('***');

/**
 * An analysis that does what comments in the text say, for tests of the relay alone: `refuse`, `slow` (promises
 * instead of values), `mask` (columns named `secret` become `***`), `unmaskable` (its result is refused), `details`
 * and `code` (limits on texts), `hold` (needs approval).
 */
export class ScriptedAnalysis implements Analysis {
  /** From now on nothing is allowed. */
  closed = false;
  planned = 0;
  described = 0;
  invalidated = 0;
  named = 0;

  plan(text: string): StatementPlan | Promise<StatementPlan> {
    this.planned += 1;
    const says = (word: string) => text.includes(`/* ${word} */`);
    const masks = says('mask') || says('unmaskable');
    const refusal: Refusal = {
      sqlstate: '42501',
      message: 'a test says no',
      hint: 'Leave the comment out.',
      position: 1,
    };
    const plan: StatementPlan = {
      recordedText: text,
      count: text.split(';').filter((each) => each.trim() !== '').length,
      actions: [{ name: /^\s*(insert|update|delete)/i.test(text) ? 'sql.write' : 'sql.read', context: {} }],
      tables: [],
      decision: says('hold') ? NEEDS : { verdict: 'allow', policies: [] },
      masks,
      texts: says('details') ? 'without-details' : says('code') ? 'sqlstate-only' : 'pass',
      ...(says('refuse') || this.closed ? { refusal } : {}),
    };
    return says('slow') ? Promise.resolve(plan) : plan;
  }

  describe(
    frame: Buffer,
    plan: StatementPlan,
    formats?: readonly number[],
  ): ResultMask | Refusal | Promise<ResultMask | Refusal> {
    this.described += 1;
    const outcome = plan.recordedText.includes('/* unmaskable */')
      ? { sqlstate: '42501', message: 'this result can not be masked' }
      : maskOf(frame, plan, formats);
    return plan.recordedText.includes('/* slow */') ? Promise.resolve(outcome) : outcome;
  }

  estimable(): undefined {
    return undefined;
  }

  prepared(): void {
    this.named += 1;
  }

  invalidate(): void {
    this.invalidated += 1;
  }
}

function maskOf(frame: Buffer, plan: StatementPlan, formats: readonly number[] | undefined): ResultMask {
  const columns: ResultMask['columns'][number][] = [];
  let at = 7;
  for (let left = frame.readUInt16BE(5); left > 0; left -= 1) {
    const end = frame.indexOf(0, at);
    const own = frame.readInt16BE(end + 17);
    const format =
      formats === undefined ? own : formats.length > 1 ? (formats[columns.length] ?? 0) : (formats[0] ?? 0);
    columns.push({
      name: frame.toString('utf8', at, end),
      type: `oid:${frame.readUInt32BE(end + 7)}`,
      format: format === 1 ? 'binary' : 'text',
    });
    at = end + 19;
  }
  const masked = new Set(columns.flatMap(({ name }, index) => (name === 'secret' ? [index] : [])));
  if (!plan.masks || masked.size === 0) return { columns, rowDescription: frame };
  return {
    columns,
    rowDescription: frame,
    grow: (length) => length + 3 * masked.size,
    maskRow: (...row) => maskRow(masked, ...row),
  };
}

function maskRow(
  masked: ReadonlySet<number>,
  frame: Buffer,
  start: number,
  _end: number,
  out: Buffer,
  at: number,
): number {
  frame.copy(out, at, start, start + 7);
  let from = start + 7;
  let to = at + 7;
  for (let column = 0; column < frame.readUInt16BE(start + 5); column += 1) {
    const length = frame.readInt32BE(from);
    from += 4;
    const value =
      masked.has(column) && length >= 0 ? STARS : frame.subarray(from, from + Math.max(length, 0));
    out.writeInt32BE(length < 0 ? -1 : value.length, to);
    value.copy(out, to + 4);
    to += 4 + value.length;
    from += Math.max(length, 0);
  }
  out.writeInt32BE(to - at - 1, at + 1);
  return to;
}
