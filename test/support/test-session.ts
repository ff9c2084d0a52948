import type { RecordingEventInput, SessionEndCode } from '@drawbridge/contract';
import type { ColumnRule, MaskingRules } from '../../gateway/src/masking/rule.ts';
import { newId } from '../../gateway/src/new-id.ts';
import type { Decision } from '../../gateway/src/policy/decision.ts';
import { type RecordingEntry, RecordingFailed } from '../../gateway/src/recording/recorder.ts';
import type { PostgresCredential, Session, SessionEnd } from '../../gateway/src/sessions/session.ts';

type Allowed = Exclude<Decision, { verdict: 'needs' }>;
type EventOf<T extends RecordingEventInput['type']> = Extract<RecordingEventInput, { type: T }>;

/** A session that keeps its recording in memory and allows everything; `end` is its kill switch. */
export class TestSession implements Session {
  readonly id = newId('ses');
  readonly profile = 'read';
  readonly resource = { name: 'orders-db', protocol: 'postgres', labels: {} } as const;
  readonly principal: Session['principal'];
  readonly rules: MaskingRules;
  readonly recorded: RecordingEntry[] = [];
  /** Set to have recording fail from the next call on. */
  diskFull = false;
  credentials = 0;

  readonly #target: PostgresCredential;
  readonly clientKey = undefined;

  readonly #abort = new AbortController();

  constructor(target: PostgresCredential, options: { rules?: readonly ColumnRule[]; user?: string } = {}) {
    this.#target = target;
    this.rules = { columns: options.rules ?? [], text: [] };
    const user = options.user ?? 'alice';
    this.principal = {
      kind: 'user',
      id: `usr_${user}` as Session['principal']['id'],
      provider: 'test',
      subject: user,
      name: user,
      displayName: user,
      groups: [],
    };
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(code: SessionEndCode, message: string): void {
    this.#abort.abort({ code, message } satisfies SessionEnd);
  }

  async credential(): Promise<PostgresCredential> {
    this.credentials += 1;
    return this.#target;
  }

  decide(): Decision {
    return { verdict: 'allow', policies: [] };
  }

  async hold(): Promise<Allowed> {
    return { verdict: 'allow', policies: [] };
  }

  record(entries: readonly RecordingEntry[]): void {
    if (this.diskFull) throw new RecordingFailed('no space left on device');
    for (const { event, payload } of entries) {
      this.recorded.push(payload === undefined ? { event } : { event, payload: Buffer.from(payload) });
    }
  }

  /** Recorded events of one type, in order. */
  events<T extends RecordingEventInput['type']>(type: T): EventOf<T>[] {
    return this.recorded.flatMap(({ event }) => (event.type === type ? [event as EventOf<T>] : []));
  }

  /** All payload bytes of one type of event. */
  payload(type: 'rows' | 'copy'): Buffer {
    return Buffer.concat(
      this.recorded.flatMap(({ event, payload }) => (event.type === type && payload ? [payload] : [])),
    );
  }
}
