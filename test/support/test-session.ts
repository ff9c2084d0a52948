import type { RecordingEventInput, SessionEndCode } from '@drawbridge/contract';
import type { ColumnRule, MaskingRules } from '../../gateway/src/masking/rule.ts';
import { newId } from '../../gateway/src/new-id.ts';
import type { Action, Answer, Decision, Needs } from '../../gateway/src/policy/decision.ts';
import { joined, type RecordingEntry, RecordingFailed } from '../../gateway/src/recording/recorder.ts';
import type { Held, PostgresCredential, Session, SessionEnd } from '../../gateway/src/sessions/session.ts';
import { Reviewers } from './reviewers.ts';

type EventOf<T extends RecordingEventInput['type']> = Extract<RecordingEventInput, { type: T }>;

/** A session that keeps its recording in memory and allows everything, or what the test's reviewers do; `end` is its kill switch. */
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

  readonly #decide: Session['decide'];

  constructor(
    target: PostgresCredential,
    options: { rules?: readonly ColumnRule[]; user?: string; decide?: Session['decide'] } = {},
  ) {
    this.#target = target;
    this.#decide = options.decide ?? (() => ({ verdict: 'allow', policies: [] }));
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

  readonly decisionVersion = 0;
  /** Who decides on what is held. */
  readonly reviewers = new Reviewers();
  /** What was run or refused, in order. */
  readonly uses: { readonly actions: readonly Action[]; readonly answer: Answer }[] = [];

  used(actions: readonly Action[], answer: Answer): void {
    this.uses.push({ actions, answer });
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

  decide(actions: readonly Action[] = []): Decision {
    return this.#decide(actions);
  }

  hold(
    actions: readonly Action[],
    needs: Needs,
    held: Held,
    options?: Parameters<Session['hold']>[3],
  ): Promise<Answer> {
    const record = (event: RecordingEventInput) => this.record([{ event }]);
    return this.reviewers.hold(record, [actions, needs, held, options], this.signal);
  }

  record(entries: readonly RecordingEntry[]): void {
    if (this.diskFull) throw new RecordingFailed('no space left on device');
    for (const { event, payload } of entries) {
      const copy = payload === undefined ? undefined : joined(payload);
      // As readers see it, see `rowsApart`.
      if (event.type === 'result' && event.count !== undefined && copy !== undefined) {
        const { format = 'postgres.DataRow', count, ...result } = event;
        const { statement } = event;
        this.recorded.push(
          { event: { type: 'rows', statement, format, count }, payload: copy },
          { event: result },
        );
      } else this.recorded.push(copy === undefined ? { event } : { event, payload: copy });
    }
  }

  /** Recorded events of one type, in order. */
  events<T extends RecordingEventInput['type']>(type: T): EventOf<T>[] {
    return this.recorded.flatMap(({ event }) => (event.type === type ? [event as EventOf<T>] : []));
  }

  /** All payload bytes of one type of event. */
  payload(type: 'rows' | 'copy'): Buffer {
    return Buffer.concat(
      this.recorded.flatMap(({ event, payload }) =>
        event.type === type && payload ? [joined(payload)] : [],
      ),
    );
  }
}
