import type { SqlError } from '../ipc/sql-port.ts';

/** What stands before the words of every refusal of the gateway's own. */
const PREFIX = 'drawbridge: ';

/** An ErrorResponse as the console shows it; the prefix becomes the flag. */
export function sqlError(fields: ReadonlyMap<string, string>): SqlError {
  const text = fields.get('M') ?? 'the statement failed';
  const own = text.startsWith(PREFIX);
  const detail = fields.get('D');
  const hint = fields.get('H');
  const position = Number(fields.get('P'));
  return {
    code: fields.get('C') ?? 'XX000',
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    message: own ? text.slice(PREFIX.length) : text,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(Number.isInteger(position) && position > 0 ? { position } : {}),
    refused: own,
  };
}

/** Whether the connection is over with it. */
export const isFatal = ({ severity }: Pick<SqlError, 'severity'>): boolean =>
  severity === 'FATAL' || severity === 'PANIC';

/** `admin_shutdown`: how the gateway ends a session. */
const ENDED = '57P01';
export const endedByGateway = (error: SqlError): boolean => error.refused && error.code === ENDED;
