import { isDeepStrictEqual } from 'node:util';
import {
  type AccessScope,
  DrawbridgeError,
  type Grant,
  type Principal,
  type SessionEndCode,
  type SessionId,
  type SignInId,
} from '@drawbridge/contract';
import type { MaskingRules } from '../masking/rule.ts';
import type { Action, Answer, Decision, Needs } from '../policy/decision.ts';
import { lengthOf, type RecordedBytes, type Recorder, type RecordingEntry } from '../recording/recorder.ts';
import { outsideScope } from './outside-scope.ts';
import type { Reviewing, ReviewOutcome } from './reviewing.ts';
import type { Asked, Held, Session, SessionEnd, TargetCredential } from './session.ts';
import type { SessionResource } from './session-resource.ts';
import type { SessionCounters } from './session-store.ts';

/** What a live session is made of. */
export interface LiveSessionParts {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly signInId: SignInId;
  readonly grantId: Grant['id'];
  readonly profile: string;
  readonly resource: SessionResource;
  readonly rules: MaskingRules;
  readonly clientAddress: string | undefined;
  readonly clientKey: string | undefined;
  /** What the holder does without, see `AccessScope`. */
  readonly scope: AccessScope | undefined;
  /** What policy says to one action of this session; asked only for what profile and scope allow. */
  readonly policy: (action: Action, circumstances: { readonly approved: boolean }) => Decision;
  /** See `Session.decisionVersion`. */
  readonly decisionVersion: () => number;
  /** How held statements and commands get to people. */
  readonly reviewing: (session: LiveSession) => Reviewing;
  /** See `Session.used`. */
  readonly used: (session: LiveSession, actions: readonly Action[], answer: Answer) => void;
  /** Runs the grant's clock, opens the recording and registers the session; see `Session.credential`. */
  readonly begin: (session: LiveSession) => Promise<{ recorder: Recorder; credential: TargetCredential }>;
}

/** One connection under a grant, from accept to close: the `Session` a protocol sees, with its kill switch. */
export class LiveSession implements Session {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly signInId: SignInId;
  readonly grantId: Grant['id'];
  readonly profile: string;
  readonly resource: Session['resource'];
  readonly rules: MaskingRules;
  readonly clientAddress: string | undefined;
  readonly clientKey: string | undefined;
  readonly counters: SessionCounters = {
    statements: 0,
    refused: 0,
    rows: 0,
    bytesOut: 0,
    clientName: undefined,
  };

  readonly #allow: ReadonlySet<string>;
  readonly #parts: Pick<LiveSessionParts, 'policy' | 'scope' | 'decisionVersion' | 'reviewing' | 'used'>;
  readonly #begin: LiveSessionParts['begin'];
  readonly #abort = new AbortController();
  #recorder: Recorder | undefined;
  #began = false;

  constructor(parts: LiveSessionParts) {
    const profile = parts.resource.profiles[parts.profile];
    if (profile === undefined)
      throw new DrawbridgeError('not_found', `${parts.resource.name} has no profile ${parts.profile}`);
    this.id = parts.id;
    this.principal = parts.principal;
    this.signInId = parts.signInId;
    this.grantId = parts.grantId;
    this.profile = parts.profile;
    this.resource = {
      name: parts.resource.name,
      protocol: parts.resource.protocol,
      labels: parts.resource.labels,
    };
    this.rules = parts.rules;
    this.clientAddress = parts.clientAddress;
    this.clientKey = parts.clientKey;
    this.#parts = parts;
    this.#allow = new Set(profile.allow);
    this.#begin = parts.begin;
  }

  /** Whether it would be opened with the same limits and masking rules today; it keeps what it was opened with. */
  isAsToday(resource: SessionResource, rules: MaskingRules): boolean {
    const allow = resource.profiles[this.profile]?.allow ?? [];
    return (
      allow.length === this.#allow.size &&
      allow.every((action) => this.#allow.has(action)) &&
      isDeepStrictEqual(resource.labels, this.resource.labels) &&
      isDeepStrictEqual(rules, this.rules)
    );
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The recorder once the session began. */
  get recorder(): Recorder | undefined {
    return this.#recorder;
  }

  /** Ends the session from outside; the first reason stands. */
  end(code: SessionEndCode, message: string): void {
    if (!this.#abort.signal.aborted) this.#abort.abort({ code, message } satisfies SessionEnd);
  }

  async credential(): Promise<TargetCredential> {
    if (this.#began) throw new Error('a session begins once');
    this.#began = true;
    const { recorder, credential } = await this.#begin(this);
    this.#recorder = recorder;
    return credential;
  }

  get decisionVersion(): number {
    return this.#parts.decisionVersion();
  }

  /** The profile's ceiling and the grant's scope first: what they leave out never happens, whatever policy says. */
  decide(actions: readonly Action[]): Decision {
    return this.#decide(actions, { approved: false });
  }

  #decide(actions: readonly Action[], circumstances: { readonly approved: boolean }): Decision {
    const { policy, scope } = this.#parts;
    const policies = new Set<string>();
    const requirements = new Map<string, Needs['requirements'][number]>();
    if (actions.length === 0)
      return { verdict: 'deny', reason: 'it is not known what it would do, so it is not done', policies: [] };
    for (const action of actions) {
      if (!this.#allow.has(action.name)) {
        const object = action.object === undefined ? '' : ` on ${action.object}`;
        const reason = `the ${this.profile} profile of ${this.resource.name} doesn't allow ${action.name}${object}`;
        return { verdict: 'deny', reason, policies: [] };
      }
      const outside = action.implied ? undefined : outsideScope(scope, action);
      if (outside !== undefined) return { verdict: 'deny', reason: outside, policies: [] };
      const decision = policy(action, circumstances);
      if (decision.verdict === 'deny' && !(action.implied && decision.unpermitted)) return decision;
      for (const id of decision.policies) policies.add(id);
      if (decision.verdict !== 'allow')
        for (const each of decision.requirements ?? []) requirements.set(`${each.policy} ${each.kind}`, each);
    }
    return requirements.size === 0
      ? { verdict: 'allow', policies: [...policies] }
      : { verdict: 'needs', requirements: [...requirements.values()], policies: [...policies] };
  }

  async hold(
    actions: readonly Action[],
    needs: Needs,
    held: Held,
    { signal, asked }: { readonly signal?: AbortSignal; readonly asked?: (asked: Asked) => void } = {},
  ): Promise<Answer> {
    const ends = signal === undefined ? [this.signal] : [this.signal, signal];
    const unrecorded = new AbortController();
    const reviewing = this.#parts.reviewing(this);
    let asking: Awaited<ReturnType<Reviewing['ask']>>;
    try {
      asking = await reviewing.ask(actions, needs, held, AbortSignal.any([...ends, unrecorded.signal]));
    } catch (error) {
      if (!(error instanceof DrawbridgeError)) throw error;
      return { verdict: 'deny', reason: error.message, policies: needs.policies };
    }
    const { review, outcome } = asking;
    try {
      this.#recordAsked(review, needs, held);
    } catch (error) {
      unrecorded.abort({
        code: 'recording_failed',
        message: 'it could not be recorded',
      } satisfies SessionEnd);
      throw error;
    }
    asked?.(review);
    const decided = await outcome;
    const { state, by, reason } = decided;
    this.#recordDecided(review, decided);
    if (state !== 'approved')
      return {
        verdict: 'deny',
        reason: reviewing.words(state, by, reason),
        policies: needs.policies,
        review: review.id,
      };
    return { ...this.#decideAnew(actions, decided), review: review.id };
  }

  /** What is approved has to be allowed still, and by those whom policy asks for now: it may have changed meanwhile. */
  #decideAnew(actions: readonly Action[], { covers }: ReviewOutcome): Answer {
    const now = this.#decide(actions, { approved: false });
    if (now.verdict !== 'needs') return now;
    const after = this.#decide(actions, { approved: true });
    if (after.verdict === 'deny') return after;
    if (after.verdict === 'allow' && covers(now.requirements)) return after;
    const unmet = 'policy changed while it waited, and asks for more now';
    return { verdict: 'deny', reason: unmet, policies: now.policies };
  }

  #recordAsked(review: Asked, needs: Needs, held: Held): void {
    this.record([
      {
        event: {
          type: 'review',
          review: review.id,
          state: 'pending',
          text: held.text,
          ...(held.parameters !== undefined && { parameters: [...held.parameters] }),
          groups: groupsOf(needs),
        },
      },
    ]);
  }

  #recordDecided(review: Asked, { state, by, reason, brokenGlass }: ReviewOutcome): void {
    try {
      this.record([
        {
          event: {
            type: 'review',
            review: review.id,
            state,
            ...(by.length > 0 && { by: [...by] }),
            ...(reason !== undefined && { reason }),
            ...(brokenGlass && { brokenGlass }),
          },
        },
      ]);
    } catch (error) {
      // What is withdrawn because the session is over comes after its recording may have been sealed.
      if (state !== 'withdrawn') throw error;
    }
  }

  used(actions: readonly Action[], answer: Answer): void {
    this.#parts.used(this, actions, answer);
  }

  record(entries: readonly RecordingEntry[]): void {
    this.#open().record(entries);
    for (const { event, payload } of entries) this.#count(event, payload);
  }

  #open(): Recorder {
    if (this.#recorder === undefined) throw new Error('nothing can be recorded before the session began');
    return this.#recorder;
  }

  #count(event: RecordingEntry['event'], payload: RecordedBytes | undefined): void {
    const counters = this.counters;
    const bytes = payload === undefined ? 0 : lengthOf(payload);
    switch (event.type) {
      case 'statement':
        if (event.decision === 'deny') counters.refused += 1;
        else if (event.mode === 'simple') counters.statements += 1;
        return;
      case 'execute':
        if (event.decision === 'deny') counters.refused += 1;
        else counters.statements += 1;
        return;
      case 'rows':
      case 'result':
        counters.rows += event.count ?? 0;
        counters.bytesOut += bytes;
        return;
      case 'channel':
        if (event.decision === 'deny') counters.refused += 1;
        else counters.statements += 1;
        return;
      case 'file':
        if (event.decision === 'deny') counters.refused += 1;
        return;
      case 'output':
        counters.bytesOut += bytes;
        return;
      case 'copy':
        if (event.direction === 'out') counters.bytesOut += bytes;
        return;
      case 'client':
        counters.clientName = event.name;
        return;
      default:
    }
  }
}

const groupsOf = ({ requirements }: Needs): string[] => [
  ...new Set(requirements.flatMap((each) => (each.kind === 'approve' ? each.groups : []))),
];
