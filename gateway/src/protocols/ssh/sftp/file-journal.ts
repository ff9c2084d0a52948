import type { CommandReviewId, RecordingEventInput } from '@drawbridge/contract';
import type { Answer } from '../../../policy/decision.ts';
import type { RecordingEntry } from '../../../recording/recorder.ts';
import type { Session } from '../../../sessions/session.ts';

type FileEvent = Omit<Extract<RecordingEventInput, { type: 'file' }>, 'type' | 'channel'>;
export type FileOperation = FileEvent['operation'];

type Decided = Pick<Answer, 'policies'> & { readonly review?: CommandReviewId };
const UNASKED: Decided = { policies: [] };

/** Operations of which a run on one file is one event. */
const RUNS: ReadonlySet<FileOperation> = new Set(['read', 'write', 'list']);

/** What one chunk says for the recording. */
export class FileJournal {
  readonly #session: Pick<Session, 'record'>;
  readonly #channel: number;
  #events: FileEvent[] = [];

  constructor(session: Pick<Session, 'record'>, channel: number) {
    this.#session = session;
    this.#channel = channel;
  }

  /** @param paths the second is that of rename and link: the new name. */
  allowed(operation: FileOperation, paths: readonly string[], answer: Decided = UNASKED): void {
    this.#add(eventOf(operation, paths, answer, { decision: 'allow' }));
  }

  denied(
    operation: FileOperation,
    paths: readonly string[],
    answer: Decided & { readonly reason: string },
  ): void {
    this.#add(eventOf(operation, paths, answer, { decision: 'deny', reason: answer.reason }));
  }

  /** Contents that pass; undefined where nobody knows how much. */
  contents(operation: 'read' | 'write', path: string, bytes: number | undefined): void {
    this.#add({ operation, path, ...(bytes === undefined ? {} : { bytes }), decision: 'allow' });
  }

  #add(event: FileEvent): void {
    const last = this.#events.at(-1);
    if (last !== undefined && continues(last, event)) {
      if (last.bytes !== undefined && event.bytes !== undefined)
        this.#events[this.#events.length - 1] = { ...last, bytes: last.bytes + event.bytes };
      return;
    }
    this.#events.push(event);
  }

  /** Writes it down. To be called before anything of it is forwarded. @throws RecordingFailed */
  flush(): void {
    if (this.#events.length === 0) return;
    const channel = this.#channel;
    const entries = this.#events.map(
      (event): RecordingEntry => ({ event: { type: 'file', channel, ...event } }),
    );
    this.#events = [];
    this.#session.record(entries);
  }
}

function eventOf(
  operation: FileOperation,
  [path = '', to]: readonly string[],
  { policies, review }: Decided,
  decision: Pick<FileEvent, 'decision' | 'reason'>,
): FileEvent {
  return {
    operation,
    path,
    ...(to === undefined ? {} : { to }),
    ...decision,
    ...(policies.length === 0 ? {} : { policies: [...policies] }),
    ...(review === undefined ? {} : { review }),
  };
}

const continues = (last: FileEvent, next: FileEvent): boolean =>
  RUNS.has(next.operation) &&
  last.operation === next.operation &&
  last.path === next.path &&
  last.decision === 'allow' &&
  next.decision === 'allow' &&
  (last.bytes === undefined) === (next.bytes === undefined);
