import type { RecordingEventInput } from '@drawbridge/contract';
import type { RecordingEntry } from '../../../recording/recorder.ts';
import type { Session } from '../../../sessions/session.ts';

type Bulk = 'rows' | 'in' | 'out';

/**
 * What one chunk says for the recording. Rows and bulk data are gathered as one event for each run of frames; the
 * frames stand in the payload as they pass, type byte and length included.
 */
export class Journal {
  readonly #session: Pick<Session, 'record'>;
  #entries: RecordingEntry[] = [];

  #bulk: Bulk | undefined;
  #statement = 0;
  #count = 0;
  #buffer: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;

  constructor(session: Pick<Session, 'record'>) {
    this.#session = session;
  }

  add(event: RecordingEventInput): void {
    if (event.type === 'result' && this.#bulk === 'rows' && this.#statement === event.statement) {
      this.#bulk = undefined;
      // Rows and the end of their result as one event: one hash and one text less for each short query.
      const whole: RecordingEventInput = { ...event, format: 'postgres.DataRow', count: this.#count };
      this.#entries.push({ event: whole, payload: this.#buffer.subarray(this.#from, this.#to) });
      return;
    }
    this.#endBulk();
    this.#entries.push({ event, payload: undefined });
  }

  /**
   * Adds a result that went well. On the way of every statement: its event is made in one go.
   * @param tag what the target calls it
   */
  completed(statement: number, tag: string, rows: number | undefined): void {
    const type = 'result';
    const status = 'ok';
    if (rows === undefined) {
      this.add({ type, statement, status, tag });
    } else if (this.#bulk !== 'rows' || this.#statement !== statement) {
      this.add({ type, statement, status, tag, rows });
    } else {
      this.#bulk = undefined;
      const count = this.#count;
      this.#entries.push({
        event: { type, statement, status, tag, rows, format: 'postgres.DataRow', count },
        payload: this.#buffer.subarray(this.#from, this.#to),
      });
    }
  }

  /** One more frame of a result or of bulk data. */
  frame(bulk: Bulk, statement: number, buffer: Buffer, from: number, to: number): void {
    if (
      this.#bulk === bulk &&
      this.#buffer === buffer &&
      this.#to === from &&
      this.#statement === statement
    ) {
      this.#to = to;
      this.#count += 1;
      return;
    }
    this.#endBulk();
    this.#bulk = bulk;
    this.#statement = statement;
    this.#count = 1;
    this.#buffer = buffer;
    this.#from = from;
    this.#to = to;
  }

  /** Writes it down. To be called before anything of it is forwarded. @throws RecordingFailed */
  flush(): void {
    this.#endBulk();
    if (this.#entries.length === 0) return;
    const entries = this.#entries;
    this.#entries = [];
    this.#session.record(entries);
  }

  #endBulk(): void {
    const bulk = this.#bulk;
    if (bulk === undefined) return;
    this.#bulk = undefined;
    const statement = this.#statement;
    const event: RecordingEventInput =
      bulk === 'rows'
        ? { type: 'rows', statement, format: 'postgres.DataRow', count: this.#count }
        : { type: 'copy', statement, direction: bulk, format: 'postgres.CopyData' };
    this.#entries.push({ event, payload: this.#buffer.subarray(this.#from, this.#to) });
  }
}
