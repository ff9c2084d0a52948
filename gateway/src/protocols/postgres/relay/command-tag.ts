import type { StatementPlan } from '../analysis/plan.ts';
import { FRAME_HEADER } from '../codec/frame-assembler.ts';
import type { Conversation } from './conversation.ts';

const ZERO = 0x30;
const NINE = 0x39;
/** Commands that change the catalog, by the beginning of their tag. */
const DDL = /^(?:CREATE|ALTER|DROP|IMPORT) /;

/** The tag of CommandComplete: what ran, e.g. `SELECT 1`, `INSERT 0 3`, `CREATE TABLE`. */
export class CommandTag {
  readonly text: string;
  /** How many rows it says that it returned or changed. */
  readonly rows: number | undefined;

  constructor(buffer: Buffer, start: number, end: number) {
    this.text = buffer.toString('latin1', start + FRAME_HEADER, end - 1);
    this.rows = trailingNumber(buffer, start + FRAME_HEADER, end - 1);
  }

  /** Takes note of what the command changed for those that follow. */
  apply(conversation: Conversation, plan: StatementPlan | undefined): void {
    const { text } = this;
    const { names } = conversation;
    switch (text) {
      case 'PREPARE':
        names.sqlPrepared();
        return;
      case 'DEALLOCATE ALL':
      case 'DISCARD ALL':
        names.sqlDeallocatedAll();
        return;
      case 'DECLARE CURSOR':
        names.sqlDeclared();
        return;
      default:
    }
    // CREATE TABLE AS says SELECT.
    if (DDL.test(text) || plan?.actions.some((action) => action.name === 'sql.ddl'))
      conversation.catalogChanged();
  }
}

function trailingNumber(buffer: Buffer, from: number, to: number): number | undefined {
  let at = to;
  let value = 0;
  let scale = 1;
  for (; at > from; at -= 1) {
    const digit = buffer[at - 1] ?? 0;
    if (digit < ZERO || digit > NINE) break;
    value += (digit - ZERO) * scale;
    scale *= 10;
  }
  return at === to ? undefined : value;
}
