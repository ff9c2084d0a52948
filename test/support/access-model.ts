/**
 * What CONTROLS promise of requests and grants, worked out apart from the code under test: one person who asks, three
 * resources, people who review. Times in ms. Each function says whether what is tried has to succeed.
 */

export const TARGETS = ['open', 'one', 'two'] as const;
export type TargetName = (typeof TARGETS)[number];

export const REVIEWERS = {
  bob: ['dba'],
  beth: ['dba'],
  bella: ['dba', 'security'],
  carol: ['security'],
  olga: ['oncall'],
  /** Who asks, and could review others. */
  alice: ['engineering', 'dba'],
} as const;
export type Person = keyof typeof REVIEWERS;

interface Rule {
  readonly count: number;
  readonly groups: readonly string[];
  readonly escalate?: { readonly after: number; readonly groups: readonly string[] };
  readonly glass?: true;
}

const MINUTE = 60_000;
export const REQUEST_LASTS = 24 * 60 * MINUTE;
export const USED_WITHIN = 8 * 60 * MINUTE;
export const RULES: Readonly<Record<TargetName, Rule | undefined>> = {
  open: undefined,
  one: { count: 1, groups: ['dba'] },
  two: {
    count: 2,
    groups: ['dba', 'security'],
    escalate: { after: 15 * MINUTE, groups: ['oncall'] },
    glass: true,
  },
};

export interface ModelRequest {
  readonly targets: readonly TargetName[];
  readonly duration: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly extends: ModelGrant | undefined;
  readonly approvedBy: Set<Person>;
  state: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';
  escalated: boolean;
  glass: boolean;
}

export interface ModelGrant {
  readonly target: TargetName;
  readonly duration: number;
  readonly activateBy: number;
  /** The requests that it rests on. */
  readonly from: ModelRequest[];
  state: 'approved' | 'active' | 'expired' | 'revoked' | 'ended';
  expiresAt: number | undefined;
}

export class AccessModel {
  now: number;
  readonly requests: ModelRequest[] = [];
  readonly grants: ModelGrant[] = [];
  readonly frozen = new Set<TargetName>();

  constructor(now: number) {
    this.now = now;
  }

  /** Time passes: what is past its deadline is over, to the millisecond. */
  moveTo(now: number): void {
    this.now = now;
    for (const request of this.requests)
      if (request.state === 'pending' && request.expiresAt <= now) request.state = 'expired';
    for (const grant of this.grants) {
      const deadline = grant.state === 'approved' ? grant.activateBy : grant.expiresAt;
      const lives = grant.state === 'approved' || grant.state === 'active';
      if (lives && deadline !== undefined && deadline <= now) grant.state = 'expired';
    }
  }

  /** Every moment at which something ends that has not ended yet. */
  deadlines(): number[] {
    return [
      ...this.requests.filter(({ state }) => state === 'pending').map(({ expiresAt }) => expiresAt),
      ...this.grants.flatMap(({ state, activateBy, expiresAt }) =>
        state === 'approved'
          ? [activateBy]
          : state === 'active' && expiresAt !== undefined
            ? [expiresAt]
            : [],
      ),
    ];
  }

  usable(target: TargetName): ModelGrant | undefined {
    return this.grants.find(
      (grant) => grant.target === target && (grant.state === 'approved' || grant.state === 'active'),
    );
  }

  ask(targets: readonly TargetName[], duration: number, glass: boolean): boolean {
    const taken = targets.some(
      (target) =>
        this.usable(target) ||
        this.requests.some((each) => each.state === 'pending' && each.targets.includes(target)),
    );
    return !taken && this.#create(targets, duration, glass, undefined);
  }

  extend(grant: ModelGrant, duration: number, glass: boolean): boolean {
    const waiting = this.requests.some((each) => each.state === 'pending' && each.extends === grant);
    return grant.state === 'active' && !waiting && this.#create([grant.target], duration, glass, grant);
  }

  approve(request: ModelRequest, who: Person): boolean {
    if (!this.#mayReview(request, who) || request.targets.some((target) => this.frozen.has(target)))
      return false;
    request.approvedBy.add(who);
    if (unmet(request).length === 0) this.#give(request);
    return true;
  }

  deny(request: ModelRequest, who: Person): boolean {
    if (!this.#mayReview(request, who)) return false;
    request.state = 'denied';
    return true;
  }

  cancel(request: ModelRequest): boolean {
    if (request.state !== 'pending') return false;
    request.state = 'cancelled';
    return true;
  }

  /** Somebody connects: allowed only under a live grant that policy and people gave. */
  connect(target: TargetName): boolean {
    const grant = this.usable(target);
    if (!grant || this.frozen.has(target)) return false;
    if (!grant.from.every((each) => each.glass || unmet(each).length === 0)) return false;
    if (grant.state === 'approved') {
      grant.state = 'active';
      grant.expiresAt = this.now + grant.duration;
    }
    return true;
  }

  revoke(grant: ModelGrant, who: 'alice' | 'bob'): boolean {
    const may = who === 'alice' || (RULES[grant.target]?.groups.includes('dba') ?? false);
    if (!may || (grant.state !== 'approved' && grant.state !== 'active')) return false;
    grant.state = who === 'alice' ? 'ended' : 'revoked';
    for (const request of this.requests)
      if (request.state === 'pending' && request.extends === grant) request.state = 'cancelled';
    return true;
  }

  /** A gateway looks what is due. */
  sweep(): void {
    for (const request of this.requests) {
      const after = Math.min(...request.targets.map((target) => RULES[target]?.escalate?.after ?? Infinity));
      if (request.state === 'pending' && this.now >= request.createdAt + after) request.escalated = true;
    }
  }

  #create(
    targets: readonly TargetName[],
    duration: number,
    glass: boolean,
    prolonged: ModelGrant | undefined,
  ): boolean {
    if (targets.some((target) => this.frozen.has(target))) return false;
    const rules = targets.flatMap((target) => RULES[target] ?? []);
    if (glass && rules.some((rule) => !rule.glass)) return false;
    const latest = this.now + REQUEST_LASTS;
    const request: ModelRequest = {
      ...{ targets, duration, createdAt: this.now, extends: prolonged },
      expiresAt: Math.min(latest, prolonged?.expiresAt ?? latest),
      approvedBy: new Set(),
      state: 'pending',
      escalated: false,
      glass: glass && rules.length > 0,
    };
    this.requests.push(request);
    if (rules.length === 0 || request.glass) this.#give(request);
    return true;
  }

  #give(request: ModelRequest): void {
    request.state = 'approved';
    const { duration, extends: prolonged } = request;
    if (prolonged) {
      prolonged.expiresAt = Math.max(prolonged.expiresAt ?? 0, this.now + duration);
      prolonged.from.push(request);
      return;
    }
    for (const target of request.targets)
      this.grants.push({
        ...{ target, duration, activateBy: this.now + USED_WITHIN, from: [request] },
        state: 'approved',
        expiresAt: undefined,
      });
  }

  #mayReview(request: ModelRequest, who: Person): boolean {
    return (
      request.state === 'pending' &&
      who !== 'alice' &&
      !request.approvedBy.has(who) &&
      unmet(request).some((groups) => REVIEWERS[who].some((group) => groups.includes(group)))
    );
  }
}

/** The groups of each rule that too few different people have approved. */
function unmet({ targets, approvedBy, escalated }: ModelRequest): string[][] {
  return targets.flatMap((target) => {
    const rule = RULES[target];
    if (!rule) return [];
    const groups = [...rule.groups, ...(escalated ? (rule.escalate?.groups ?? []) : [])];
    const people = [...approvedBy].filter((who) => REVIEWERS[who].some((group) => groups.includes(group)));
    return people.length < rule.count ? [groups] : [];
  });
}
