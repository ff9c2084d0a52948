import type { RecordedColumn } from '@drawbridge/contract';
import type { Asked } from '../../../sessions/session.ts';
import { parameterStatus } from '../codec/backend-messages.ts';

/**
 * What a client hears beyond PostgreSQL when it asks for it with the protocol option `_pq_.drawbridge=1`: as
 * ParameterStatus, which clients that don't know a name keep or ignore. `drawbridge.session` comes once;
 * `drawbridge.masks` comes before each RowDescription whose masked columns differ from the last one's.
 * `drawbridge.held` comes when a statement begins to wait for people, as JSON of `Asked`, and empty when it waits no more.
 */
export const ANNOUNCEMENTS_OPTION = '_pq_.drawbridge';

export const announceSession = (id: string): Buffer => parameterStatus('drawbridge.session', id);

export const announceHeld = ({ id, waitsFor, expiresAt, breakable }: Asked): Buffer =>
  parameterStatus('drawbridge.held', JSON.stringify({ id, waitsFor, expiresAt, breakable }));

export const announceReleased = parameterStatus('drawbridge.held', '');

/** Whether a parameter is one of ours, which no target may report. */
export const isAnnouncement = (parameter: string): boolean => parameter.startsWith('drawbridge.');

const NONE = '[]';

/** The masked columns of results, as they are told to one client. */
export class MaskAnnouncements {
  #last = NONE;

  /** What to send before the RowDescription; undefined where nothing changed. */
  before(columns: readonly RecordedColumn[]): Buffer | undefined {
    const masks = columns.flatMap(({ masked }, index) =>
      masked === undefined ? [] : [{ index, ...masked }],
    );
    const text = masks.length === 0 ? NONE : JSON.stringify(masks);
    if (text === this.#last) return undefined;
    this.#last = text;
    return parameterStatus('drawbridge.masks', text);
  }
}
