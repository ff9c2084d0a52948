import type { ActionName, RecordingEventInput, SessionEndCode } from '@drawbridge/contract';
import { newId } from '../../gateway/src/new-id.ts';
import type { Action, Answer, Decision, Needs } from '../../gateway/src/policy/decision.ts';
import { type RecordingEntry, RecordingFailed } from '../../gateway/src/recording/recorder.ts';
import type { Held, Session, SessionEnd, TargetCredential } from '../../gateway/src/sessions/session.ts';

type EventOf<T extends RecordingEventInput['type']> = Extract<RecordingEventInput, { type: T }>;

export interface PolicySessionOptions {
  /** The profile's ceiling; everything of SSH when absent. */
  readonly allow?: readonly ActionName[];
  /** What policy says to what the profile allows; yes when absent. */
  readonly policy?: (action: Action) => Decision;
  /** What people say; no when absent. */
  readonly review?: (
    actions: readonly Action[],
    held: Held,
    withdrawn: AbortSignal | undefined,
  ) => Promise<Answer>;
}

/** A session on an SSH host with a ceiling, a policy and reviewers as the test has them. Its recording is in memory. */
export class PolicySession implements Session {
  readonly id = newId('ses');
  readonly profile = 'ops';
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
  readonly rules: Session['rules'] = { columns: [], text: [] };
  readonly clientKey = undefined;
  readonly recorded: RecordingEventInput[] = [];
  /** Set to have recording fail from the next call on. */
  diskFull = false;
  /** Called with what is recorded, when it is. */
  onRecord: (events: readonly RecordingEventInput[]) => void = () => undefined;

  readonly #options: PolicySessionOptions;
  readonly #abort = new AbortController();

  constructor(options: PolicySessionOptions = {}) {
    this.#options = options;
  }

  readonly decisionVersion = 0;

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

  async credential(): Promise<TargetCredential> {
    throw new Error('nothing dials a target here');
  }

  decide(actions: readonly Action[]): Decision {
    const { allow, policy } = this.#options;
    const policies: string[] = [];
    for (const action of actions) {
      if (allow !== undefined && !allow.includes(action.name)) {
        const reason = `the ops profile of build-box doesn't allow ${action.name}`;
        return { verdict: 'deny', reason, policies: [] };
      }
      const decision = policy?.(action) ?? { verdict: 'allow', policies: [] };
      if (decision.verdict !== 'allow') return decision;
      policies.push(...decision.policies);
    }
    return { verdict: 'allow', policies };
  }

  async hold(
    actions: readonly Action[],
    _needs: Needs,
    held: Held,
    options?: Parameters<Session['hold']>[3],
  ): Promise<Answer> {
    return (
      (await this.#options.review?.(actions, held, options?.signal)) ?? {
        verdict: 'deny',
        reason: 'nobody reviews',
        policies: [],
      }
    );
  }

  record(entries: readonly RecordingEntry[]): void {
    if (this.diskFull) throw new RecordingFailed('no space left on device');
    const events = entries.map(({ event }) => event);
    this.recorded.push(...events);
    this.onRecord(events);
  }

  /** Recorded events of one type, in order. */
  events<T extends RecordingEventInput['type']>(type: T): EventOf<T>[] {
    return this.recorded.filter((event): event is EventOf<T> => event.type === type);
  }
}
