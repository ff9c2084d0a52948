import { createHash } from 'node:crypto';
import { decodeCell } from '@drawbridge/contract';
import type { Held } from '../../../sessions/session.ts';
import type { StatementPlan } from '../analysis/plan.ts';
import { typeName } from '../analysis/type-names.ts';
import type { BoundStatement } from '../target/row-estimate.ts';
import type { BindMessage } from './bind-message.ts';
import type { Prepared } from './names.ts';

/** Says how many rows a statement would touch; undefined where that can't be had cheaply and safely. Never rejects. */
export type Estimate = (statement: BoundStatement) => Promise<number | undefined>;

const BINARY = 1;
/** No formats, and no parameters. */
const NO_VALUES = Buffer.alloc(4);

/** A text of the simple protocol, as it is shown to people. */
export function heldQuery(plan: StatementPlan, text: string, estimate: Estimate | undefined): Held {
  const statement = { text, types: Buffer.alloc(0), values: NO_VALUES };
  return { ...about(plan, statement, estimate), exact: JSON.stringify(['query', text]) };
}

/** One run of a prepared statement, as it is shown to people. */
export function heldBind(
  plan: StatementPlan,
  prepared: Prepared,
  message: BindMessage,
  buffer: Buffer,
  end: number,
  estimate: Estimate | undefined,
): Held {
  const { text, types } = prepared;
  const { valuesAt, valuesEnd } = message;
  // The buffer is gone by the time that the estimate is asked for.
  const values = Buffer.from(buffer.subarray(valuesAt, valuesEnd));
  const digest = createHash('sha256').update(buffer.subarray(valuesAt, end)).digest('hex');
  return {
    ...about(plan, { text, types: Buffer.from(types, 'hex'), values }, estimate),
    exact: JSON.stringify(['bind', text, types, digest]),
    parameters: readable(prepared, message),
  };
}

/** Values as PostgreSQL would print them, where their types are known. */
function readable(
  { types, describedTypes }: Prepared,
  { parameters, parameterFormats }: BindMessage,
): readonly (string | null)[] {
  const oids = Buffer.from(describedTypes ?? types, 'hex');
  return parameters.map((value, index) => {
    const format = parameterFormats.length > 1 ? parameterFormats[index] : parameterFormats[0];
    if (value === null || format !== BINARY || oids.length < 4 * index + 4) return value;
    const type = typeName(oids.readUInt32BE(4 * index));
    return decodeCell(Buffer.from(value.slice(2), 'hex'), { type, format: 'binary' });
  });
}

function about(
  plan: StatementPlan,
  statement: BoundStatement,
  estimate: Estimate | undefined,
): Omit<Held, 'exact'> {
  const { recordedText, hasWhere } = plan;
  return {
    kind: 'statement',
    text: recordedText,
    ...(hasWhere !== undefined && { hasWhere }),
    ...(estimate !== undefined && { estimate: () => estimate(statement) }),
  };
}
