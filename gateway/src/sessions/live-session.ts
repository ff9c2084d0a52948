import { isDeepStrictEqual } from 'node:util';
import {
  DrawbridgeError,
  type Grant,
  type Principal,
  type SessionEndCode,
  type SessionId,
  type SignInId,
} from '@drawbridge/contract';
import type { MaskingRules } from '../masking/rule.ts';
import type { Action, Decision } from '../policy/decision.ts';
import type { Recorder, RecordingEntry } from '../recording/recorder.ts';
import type { Session, SessionEnd, TargetCredential } from './session.ts';
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
  /** What policy says to one action of this session; asked only for what the profile allows. */
  readonly policy: (action: Action) => Decision;
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
  readonly #policy: LiveSessionParts['policy'];
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
    this.#policy = parts.policy;
    this.#allow = new Set(profile.allow);
    this.#begin = parts.begin;
  }

  /** Whether it would be opened with the same limits and masking rules today; it keeps what it was opened with. */
  isAsToday(resource: SessionResource, rules: MaskingRules): boolean {
    const allow = resource.profiles[this.profile]?.allow ?? [];
    return (
      allow.length === this.#allow.size &&
      allow.every((action) => this.#allow.has(action)) &&
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

  /**
   * The profile's ceiling first: what it does not allow never happens, whatever policy says. Then policy; the actions
   * of SQL are not asked about one by one yet, there `access.connect` and the profile decide.
   */
  decide(actions: readonly Action[]): Decision {
    const policies: string[] = [];
    for (const action of actions) {
      if (this.#allow.has(action.name)) {
        if (action.name.startsWith('sql.')) continue;
        const decision = this.#policy(action);
        if (decision.verdict !== 'allow') return decision;
        policies.push(...decision.policies);
        continue;
      }
      const object = action.object === undefined ? '' : ` on ${action.object}`;
      const reason = `the ${this.profile} profile of ${this.resource.name} doesn't allow ${action.name}${object}`;
      return { verdict: 'deny', reason, policies: [] };
    }
    return { verdict: 'allow', policies };
  }

  /** No policy asks people about single statements yet; should one need it, the answer is no. */
  async hold(
    _actions: readonly Action[],
    needs: Extract<Decision, { verdict: 'needs' }>,
  ): Promise<Exclude<Decision, { verdict: 'needs' }>> {
    return {
      verdict: 'deny',
      reason: 'it needs a review, and this gateway can only have access requests reviewed',
      policies: needs.policies,
    };
  }

  record(entries: readonly RecordingEntry[]): void {
    this.#open().record(entries);
    for (const { event, payload } of entries) this.#count(event, payload);
  }

  #open(): Recorder {
    if (this.#recorder === undefined) throw new Error('nothing can be recorded before the session began');
    return this.#recorder;
  }

  #count(event: RecordingEntry['event'], payload: Uint8Array | undefined): void {
    const counters = this.counters;
    switch (event.type) {
      case 'statement':
        if (event.decision === 'deny') counters.refused += 1;
        else if (event.mode === 'simple') counters.statements += 1;
        return;
      case 'execute':
        counters.statements += 1;
        return;
      case 'rows':
        counters.rows += event.count;
        counters.bytesOut += payload?.length ?? 0;
        return;
      case 'channel':
        if (event.decision === 'deny') counters.refused += 1;
        else counters.statements += 1;
        return;
      case 'file':
        if (event.decision === 'deny') counters.refused += 1;
        return;
      case 'output':
        counters.bytesOut += payload?.length ?? 0;
        return;
      case 'copy':
        if (event.direction === 'out') counters.bytesOut += payload?.length ?? 0;
        return;
      case 'client':
        counters.clientName = event.name;
        return;
      default:
    }
  }
}
