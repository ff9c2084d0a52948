import type { RecordingEventInput, SessionEndCode, TextRule } from '@drawbridge/contract';
import { newId } from '../../gateway/src/new-id.ts';
import type { Action, Answer, Decision, Needs } from '../../gateway/src/policy/decision.ts';
import { joined, type RecordingEntry, RecordingFailed } from '../../gateway/src/recording/recorder.ts';
import type { Held, Session, SessionEnd, SshTargetCredential } from '../../gateway/src/sessions/session.ts';
import { Reviewers } from './reviewers.ts';

type EventOf<T extends RecordingEventInput['type']> = Extract<RecordingEventInput, { type: T }>;

export interface SshSessionOptions {
  readonly clientKey?: string | undefined;
  readonly text?: readonly TextRule[];
  readonly decide?: (actions: readonly Action[]) => Decision;
  /** What is held waits for the test's `reviewers`; denied at once when absent. */
  readonly reviewed?: boolean;
  /** Thrown by `credential`. */
  readonly unusable?: Error;
}

/** A session that keeps its recording in memory; `end` is its kill switch. */
export class SshSession implements Session {
  readonly id = newId('ses');
  readonly profile = 'shell';
  readonly resource = { name: 'build-box', protocol: 'ssh', labels: {} } as const;
  readonly principal: Session['principal'] = {
    kind: 'user',
    id: newId('usr'),
    provider: 'test',
    subject: 'alice',
    name: 'alice',
    displayName: 'Alice',
    groups: [],
  };
  readonly rules: Session['rules'];
  readonly clientKey: string | undefined;
  readonly recorded: RecordingEntry[] = [];
  /** What was asked of policy. */
  readonly asked: Action[][] = [];
  /** Called with each call of `record`, before anything is kept. */
  onRecord: (entries: readonly RecordingEntry[]) => void = () => undefined;
  /** Set to have recording fail from the next call on. */
  diskFull = false;
  credentials = 0;

  readonly #target: SshTargetCredential;
  readonly #options: SshSessionOptions;
  readonly #abort = new AbortController();

  constructor(target: SshTargetCredential, options: SshSessionOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.clientKey = options.clientKey;
    this.rules = { columns: [], text: (options.text ?? []).map((rule) => ({ ...rule, rule: 'secrets' })) };
  }

  readonly decisionVersion = 0;

  /** Who decides on what is held, where the test plays them. */
  readonly reviewers = new Reviewers();
  /** What was done or refused, in order. */
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

  async credential(): Promise<SshTargetCredential> {
    this.credentials += 1;
    if (this.#options.unusable !== undefined) throw this.#options.unusable;
    return this.#target;
  }

  decide(actions: readonly Action[]): Decision {
    this.asked.push([...actions]);
    return this.#options.decide?.(actions) ?? { verdict: 'allow', policies: [] };
  }

  async hold(
    actions: readonly Action[],
    needs: Needs,
    held: Held,
    options?: Parameters<Session['hold']>[3],
  ): Promise<Answer> {
    if (this.#options.reviewed !== true)
      return { verdict: 'deny', reason: 'it needs a review', policies: [] };
    const record = (event: RecordingEventInput) => this.record([{ event }]);
    return this.reviewers.hold(record, [actions, needs, held, options], this.signal);
  }

  record(entries: readonly RecordingEntry[]): void {
    if (this.diskFull) throw new RecordingFailed('no space left on device');
    this.onRecord(entries);
    for (const { event, payload } of entries)
      this.recorded.push(payload === undefined ? { event } : { event, payload: joined(payload) });
  }

  /** Recorded events of one type, in order. */
  events<T extends RecordingEventInput['type']>(type: T): EventOf<T>[] {
    return this.recorded.flatMap(({ event }) => (event.type === type ? [event as EventOf<T>] : []));
  }

  /** All payload bytes of one type of event. */
  payload(type: 'input' | 'output', stream?: 'stdout' | 'stderr'): Buffer {
    return Buffer.concat(
      this.recorded.flatMap(({ event, payload }) =>
        event.type === type &&
        payload &&
        (stream === undefined || ('stream' in event && event.stream === stream))
          ? [joined(payload)]
          : [],
      ),
    );
  }
}
