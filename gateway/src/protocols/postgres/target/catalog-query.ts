import type { Clock } from '../../../clock.ts';
import { readErrorFields } from '../codec/error-fields.ts';
import { query, terminate } from '../codec/frontend-messages.ts';
import { MessageReader } from '../codec/message-reader.ts';
import { Backend } from '../codec/message-type.ts';
import type { TargetConnection } from './connect-target.ts';

/** Runs a query on the target for the gateway itself; rows of text values. */
export type CatalogQuery = (sql: string) => Promise<(string | null)[][]>;

/** Thrown when the target refuses a catalog query; `code` is its SQLSTATE. */
class CatalogQueryFailed extends Error {
  override readonly name = 'CatalogQueryFailed';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** How long one catalog query may take, in ms. */
const QUERY_TIMEOUT = 30_000;

/**
 * Runs `sql` on a signed-in connection that nothing else uses meanwhile. Names in it mean pg_catalog's, whatever
 * search path the client or the role brings: an operator of somebody's own must not answer for the real one.
 * @returns the rows of the last result that had any.
 * @throws CatalogQueryFailed, FrameSourceEnded
 */
export async function runCatalogQuery(
  target: TargetConnection,
  sql: string,
  clock: Clock,
): Promise<(string | null)[][]> {
  const cancelTimeout = clock.after(QUERY_TIMEOUT, () => target.socket.destroy());
  try {
    // One Query message is one transaction, so SET LOCAL ends with it.
    target.socket.write(query(`SET LOCAL search_path = pg_catalog; ${sql}`));
    return await readResult(target);
  } finally {
    cancelTimeout();
  }
}

/** Rows of the answer up to ReadyForQuery. @throws CatalogQueryFailed, FrameSourceEnded */
export async function readResult({ frames }: Pick<TargetConnection, 'frames'>): Promise<(string | null)[][]> {
  let rows: (string | null)[][] = [];
  let failure: CatalogQueryFailed | undefined;
  // Rows of a portal come without a description.
  let rowsMayCome = false;
  for (;;) {
    const frame = await frames.next();
    switch (frame[0]) {
      case Backend.rowDescription:
        rows = [];
        rowsMayCome = true;
        break;
      case Backend.dataRow:
        if (!rowsMayCome) throw new CatalogQueryFailed('08P01', 'a row that nothing announced');
        rows.push(readRow(frame));
        break;
      case Backend.errorResponse: {
        const fields = readErrorFields(frame, 0, frame.length);
        failure = new CatalogQueryFailed(fields.get('C') ?? '', fields.get('M') ?? 'no message');
        break;
      }
      case Backend.readyForQuery:
        if (failure !== undefined) throw failure;
        return rows;
      case Backend.bindComplete:
        rowsMayCome = true;
        break;
      case Backend.commandComplete:
      case Backend.parseComplete:
      case Backend.noticeResponse:
      case Backend.parameterStatus:
      case Backend.notificationResponse:
        break;
      default:
        throw new CatalogQueryFailed('08P01', `message ${frame[0]} in answer to a catalog query`);
    }
  }
}

function readRow(frame: Buffer): (string | null)[] {
  const reader = new MessageReader(frame, 5, frame.length);
  const row: (string | null)[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) {
    const length = reader.int32();
    row.push(length === -1 ? null : reader.bytes(length).toString('utf8'));
  }
  reader.finish();
  return row;
}

/** Ends a connection that was opened for catalog queries. */
export function closeTarget({ socket }: Pick<TargetConnection, 'socket'>): void {
  socket.end(terminate());
  socket.destroySoon();
}
