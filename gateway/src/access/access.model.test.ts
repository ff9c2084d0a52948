import { type AccessRequest, DrawbridgeError, type Grant } from '@drawbridge/contract';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  AccessModel,
  type ModelGrant,
  type ModelRequest,
  type Person,
  REVIEWERS,
  TARGETS,
  type TargetName,
} from '../../../test/support/access-model.ts';
import { type AccessWorld, createAccessWorld, resourceDocument } from '../../../test/support/access-world.ts';
import { Announcer } from './announce.ts';
import type { Caller } from './caller.ts';
import { lapseOverdue } from './lapse.ts';

const connecting = 'principal, action == Action::"access.connect"';
const unless = 'unless { context.approved };';
const policy = (name: string, cedar: string) => ({ kind: 'Policy', name, cedar });
const DOCUMENTS = [
  ...TARGETS.map((name) => resourceDocument(name, {})),
  policy(
    'asks',
    'permit (principal in Group::"engineering", action in [Action::"access.request", Action::"access.connect"], resource);',
  ),
  policy('one', `@approve("dba") forbid (${connecting}, resource == Resource::"one") ${unless}`),
  policy(
    'two',
    `@approve("2 of dba, security") @escalate("oncall after 15m") @breakglass("security") forbid (${connecting}, resource == Resource::"two") ${unless}`,
  ),
  policy('reviews', 'permit (principal, action == Action::"access.review", resource);'),
];
const freeze = (targets: Iterable<string>) =>
  policy(
    'freeze',
    ['none', ...targets].map((name) => `forbid (${connecting}, resource == Resource::"${name}");`).join('\n'),
  );

type Step =
  | { do: 'ask'; targets: TargetName[]; minutes: number; glass: boolean }
  | { do: 'extend'; grant: number; minutes: number; glass: boolean }
  | { do: 'approve' | 'deny'; request: number; who: Person }
  | { do: 'cancel'; request: number }
  | { do: 'connect' | 'freeze'; target: TargetName }
  | { do: 'revoke'; grant: number; who: 'alice' | 'bob' }
  | { do: 'wait'; minutes: number }
  /** To the next moment at which something ends, or a millisecond before or after. */
  | { do: 'deadline'; offset: number }
  | { do: 'sweep' };

const minutes = fc.constantFrom(1, 10, 30);
const glass = fc.boolean();
const which = fc.nat(3);
const target = fc.constantFrom(...TARGETS);
const who = fc.constantFrom(...(Object.keys(REVIEWERS) as Person[]));
const fixed = <T extends string>(value: T) => fc.constant(value);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fixed('ask'),
      targets: fc.uniqueArray(target, { minLength: 1, maxLength: 3 }),
      minutes,
      glass,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fixed('extend'), grant: which, minutes, glass }) },
  { weight: 6, arbitrary: fc.record({ do: fixed('approve'), request: which, who }) },
  { weight: 1, arbitrary: fc.record({ do: fixed('deny'), request: which, who }) },
  { weight: 1, arbitrary: fc.record({ do: fixed('cancel'), request: which }) },
  { weight: 6, arbitrary: fc.record({ do: fixed('connect'), target }) },
  { weight: 1, arbitrary: fc.record({ do: fixed('freeze'), target }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fixed('revoke'), grant: which, who: fc.constantFrom('alice', 'bob') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fixed('wait'), minutes: fc.constantFrom(1, 15, 29, 600) }) },
  { weight: 3, arbitrary: fc.record({ do: fixed('deadline'), offset: fc.constantFrom(-1, 0, 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fixed('sweep') }) },
);

/** Ways that lead somewhere; steps at random seldom find them. */
const ways = fc.constantFrom<Step[]>(
  [
    { do: 'ask', targets: ['one', 'open'], minutes: 30, glass: false },
    { do: 'approve', request: 0, who: 'bob' },
    { do: 'connect', target: 'one' },
  ],
  [
    { do: 'ask', targets: ['two'], minutes: 10, glass: false },
    { do: 'approve', request: 0, who: 'bella' },
    { do: 'wait', minutes: 15 },
    { do: 'sweep' },
    { do: 'approve', request: 0, who: 'olga' },
    { do: 'connect', target: 'two' },
  ],
  [
    { do: 'ask', targets: ['two', 'open'], minutes: 30, glass: true },
    { do: 'connect', target: 'two' },
    { do: 'extend', grant: 1, minutes: 30, glass: false },
    { do: 'approve', request: 0, who: 'beth' },
  ],
  [
    { do: 'connect', target: 'one' },
    { do: 'extend', grant: 0, minutes: 30, glass: false },
    { do: 'approve', request: 0, who: 'bob' },
    { do: 'deadline', offset: -1 },
    { do: 'connect', target: 'one' },
    { do: 'deadline', offset: 0 },
    { do: 'connect', target: 'one' },
  ],
);
const path = fc
  .tuple(
    ways,
    fc.array(fc.oneof({ weight: 5, arbitrary: step.map((each) => [each]) }, { weight: 1, arbitrary: ways }), {
      maxLength: 10,
    }),
  )
  .map(([first, rest]) => [first, ...rest].flat());

/** Tried every time, so that what the others are compared with is known to get there at all. */
const PROLONGED: Step[] = [
  { do: 'ask', targets: ['one'], minutes: 30, glass: false },
  { do: 'approve', request: 0, who: 'bob' },
  { do: 'connect', target: 'one' },
  { do: 'extend', grant: 0, minutes: 30, glass: false },
  { do: 'wait', minutes: 1 },
  { do: 'approve', request: 0, who: 'bob' },
  { do: 'connect', target: 'one' },
];

/** The states that may follow each other, as CONTROLS draw them. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  pending: ['approved', 'denied', 'expired', 'cancelled'],
  approved: ['active', 'expired', 'revoked', 'ended'],
  active: ['expired', 'revoked', 'ended'],
};

let world: AccessWorld;
let people: Record<Person, Caller>;
beforeEach(async () => {
  world = await createAccessWorld();
  await world.access.documents.bootstrap([...DOCUMENTS, freeze([])]);
  const named = Object.entries(REVIEWERS).map(async ([name, groups]) => [
    name,
    await world.person(name, ...groups),
  ]);
  people = Object.fromEntries(await Promise.all(named)) as Record<Person, Caller>;
});
afterEach(() => world.close());

/** One run: the same steps here and in the model, compared after each. */
class Run {
  readonly #alice: Caller;
  readonly model = new AccessModel(world.clock.now());
  readonly #requests = new Map<ModelRequest, AccessRequest['id']>();
  readonly #grants = new Map<ModelGrant, Grant['id']>();
  readonly #seen = new Map<string, string>();
  connected = 0;

  constructor(alice: Caller) {
    this.#alice = alice;
  }

  async take(each: Step): Promise<void> {
    const { model } = this;
    const { requests, reviews, grants } = world.access;
    switch (each.do) {
      case 'ask': {
        const [first = 'open', ...also] = each.targets;
        const rest = also.map((resource) => ({ resource, profile: 'read' }));
        const wish = { ...this.#wish(first, each), also: rest };
        await this.#same(model.ask(each.targets, each.minutes * 60_000, each.glass), () =>
          requests.create(this.#alice, wish),
        );
        return;
      }
      case 'extend': {
        const grant = model.grants.at(-1 - each.grant);
        if (!grant) return;
        const wish = { ...this.#wish(grant.target, each), extends: this.#grants.get(grant) ?? '' };
        await this.#same(model.extend(grant, each.minutes * 60_000, each.glass), () =>
          requests.create(this.#alice, wish),
        );
        return;
      }
      case 'approve':
      case 'deny': {
        const request = model.requests.at(-1 - each.request);
        const id = request && this.#requests.get(request);
        if (!id) return;
        const reviewer = each.who === 'alice' ? this.#alice : people[each.who];
        await this.#same(model[each.do](request, each.who), () =>
          reviews.review(reviewer, id, { verdict: each.do }),
        );
        return;
      }
      case 'cancel': {
        const request = model.requests.at(-1 - each.request);
        const id = request && this.#requests.get(request);
        if (id) await this.#same(model.cancel(request), () => requests.cancel(this.#alice, id));
        return;
      }
      case 'connect':
        await this.#same(model.connect(each.target), async () => {
          // As `SessionHost` does it.
          const grant = await grants.findUsable(this.#alice.user, each.target);
          if ((await grants.stillAllowed(grant)) !== 'allowed')
            throw new DrawbridgeError('policy_denied', 'not now');
          await grants.activate(grant);
          this.connected += 1;
        });
        return;
      case 'revoke': {
        const grant = model.grants.at(-1 - each.grant);
        const id = grant && this.#grants.get(grant);
        if (!id) return;
        const by = each.who === 'alice' ? this.#alice : people.bob;
        await this.#same(model.revoke(grant, each.who), () => grants.revoke(by, id));
        return;
      }
      case 'freeze':
        if (!model.frozen.delete(each.target)) model.frozen.add(each.target);
        await world.access.documents.bootstrap([freeze(model.frozen)], 'always');
        return;
      case 'wait':
        return this.#moveTo(model.now + each.minutes * 60_000);
      case 'deadline':
        return this.#moveTo(Math.min(...model.deadlines()) + each.offset);
      case 'sweep': {
        model.sweep();
        const announcer = new Announcer(world.access.audit, async () => undefined);
        await world.db.transaction().execute((tx) => lapseOverdue(tx, announcer, world.clock.now()));
        return;
      }
      default:
        each satisfies never;
    }
  }

  #wish(resource: string, each: { minutes: number; glass: boolean }) {
    return {
      resource,
      profile: 'read',
      duration: each.minutes * 60,
      reason: 'a look',
      breakGlass: each.glass,
    };
  }

  #moveTo(moment: number): void {
    if (!Number.isFinite(moment) || moment < this.model.now) return;
    world.clock.advance(moment - this.model.now);
    this.model.moveTo(moment);
  }

  /** Whether it succeeds is what the model says; what it refuses it refuses in words. */
  async #same(expected: boolean, attempt: () => Promise<unknown>): Promise<void> {
    const refusal = await attempt().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal !== undefined) expect(refusal).toBeInstanceOf(DrawbridgeError);
    expect(refusal === undefined, String(refusal)).toBe(expected);
  }

  async compare(): Promise<void> {
    const { requests, grants } = world.access;
    const listed = (await requests.list(this.#alice, { limit: 100, scope: 'own' })).reverse();
    expect(listed.map(({ state, expiresAt }) => [state, Date.parse(expiresAt)])).toEqual(
      this.model.requests.map(({ state, expiresAt }) => [state, expiresAt]),
    );
    for (const [n, request] of this.model.requests.entries()) {
      const found = listed[n];
      if (found) this.#requests.set(request, found.id);
    }
    const held = (await grants.list(this.#alice, { limit: 100, scope: 'own' })).reverse();
    const facts = (each: { state: string; expiresAt: number | undefined; target: string }) => [
      ...[each.target, each.state, each.expiresAt],
    ];
    expect(
      held.map((grant) =>
        facts({
          ...grant,
          target: grant.resource,
          expiresAt: grant.expiresAt === undefined ? undefined : Date.parse(grant.expiresAt),
        }),
      ),
    ).toEqual(this.model.grants.map(facts));
    for (const [n, grant] of this.model.grants.entries()) {
      const found = held[n];
      if (found) this.#grants.set(grant, found.id);
    }
    await this.#followsTheDiagram();
  }

  /** What is written, not what is worked out while reading. */
  async #followsTheDiagram(): Promise<void> {
    for (const table of ['access_requests', 'grants'] as const)
      for (const { id, state } of await world.db
        .selectFrom(table)
        .select(['id', 'state'])
        .where('user_id', '=', this.#alice.user.id)
        .execute()) {
        const before = this.#seen.get(id);
        if (before !== undefined && before !== state) {
          const follows = table === 'grants' || before === 'pending' ? (FOLLOWS[before] ?? []) : [];
          expect(follows).toContain(state);
        }
        this.#seen.set(id, state);
      }
  }
}

it('no path leads to access without a live grant that policy and enough people gave, to the millisecond', async () => {
  let connected = 0;
  let extended = 0;
  let n = 0;
  await fc.assert(
    fc.asyncProperty(path, async (steps) => {
      n += 1;
      const run = new Run(await world.person(`alice-${n}`, ...REVIEWERS.alice));
      for (const each of steps) {
        await run.take(each);
        await run.compare();
      }
      if (run.model.frozen.size > 0) await world.access.documents.bootstrap([freeze([])], 'always');
      connected += run.connected;
      extended += run.model.requests.filter((each) => each.extends && each.state === 'approved').length;
    }),
    { numRuns: 30, examples: [[PROLONGED]] },
  );
  expect(connected).toBeGreaterThan(1);
  expect(extended).toBeGreaterThan(0);
}, 60_000);
