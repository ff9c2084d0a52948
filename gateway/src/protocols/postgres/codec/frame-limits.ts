import { Backend, Frontend } from './message-type.ts';

/**
 * The most bytes a message may claim, by type: what is larger is refused before any of it is kept. PostgreSQL has
 * 10,000 for the small ones and 1 GiB for the rest, which a gateway with many sessions can't hold.
 */
const SMALL = 10_000;
/** Texts that get parsed. */
const STATEMENT = 16 * 1024 * 1024;
/** One row, one portion of a COPY, the parameters of one Bind: recorded as a whole, so kept as a whole. */
const LARGE = 64 * 1024 * 1024;
/** Answers that describe or complain. */
const MEDIUM = 1024 * 1024;

/** A table from type byte to the largest length; 0 for types that don't exist. */
const table = (entries: readonly (readonly [type: number, limit: number])[]): readonly number[] => {
  const limits = new Array<number>(256).fill(0);
  for (const [type, limit] of entries) limits[type] = limit;
  return limits;
};

export const frontendLimits = table([
  [Frontend.bind, LARGE],
  [Frontend.close, SMALL],
  [Frontend.copyData, LARGE],
  [Frontend.copyDone, SMALL],
  [Frontend.copyFail, SMALL],
  [Frontend.describe, SMALL],
  [Frontend.execute, SMALL],
  [Frontend.flush, SMALL],
  [Frontend.functionCall, SMALL],
  [Frontend.parse, STATEMENT],
  [Frontend.query, STATEMENT],
  [Frontend.sync, SMALL],
  [Frontend.terminate, SMALL],
]);

export const backendLimits = table([
  [Backend.authentication, SMALL],
  [Backend.backendKeyData, SMALL],
  [Backend.bindComplete, SMALL],
  [Backend.closeComplete, SMALL],
  [Backend.commandComplete, SMALL],
  [Backend.copyBothResponse, SMALL],
  [Backend.copyData, LARGE],
  [Backend.copyDone, SMALL],
  [Backend.copyInResponse, SMALL],
  [Backend.copyOutResponse, SMALL],
  [Backend.dataRow, LARGE],
  [Backend.emptyQueryResponse, SMALL],
  [Backend.errorResponse, MEDIUM],
  [Backend.negotiateProtocolVersion, SMALL],
  [Backend.noData, SMALL],
  [Backend.noticeResponse, MEDIUM],
  [Backend.notificationResponse, SMALL],
  [Backend.parameterDescription, MEDIUM],
  [Backend.parameterStatus, MEDIUM],
  [Backend.parseComplete, SMALL],
  [Backend.portalSuspended, SMALL],
  [Backend.readyForQuery, SMALL],
  [Backend.rowDescription, MEDIUM],
]);
