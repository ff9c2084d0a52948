import {
  type AccessRequest,
  DrawbridgeError,
  type Grant,
  type ProfileAccess,
  type Resource,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { MaskingRules } from '../masking/rule.ts';
import type { Database } from '../store/database.ts';
import type { StoredResource } from '../store/documents.ts';
import type { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration, Snapshot } from './configuration.ts';
import { listGrants } from './grant-rows.ts';
import { maskingRulesFor, selects } from './masking-rules.ts';
import { listRequests } from './request-rows.ts';
import { viewOf } from './visibility.ts';

export interface ResourcesParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
}

/** What the caller has already, newest first. */
interface Held {
  readonly grants: readonly Grant[];
  readonly pending: readonly AccessRequest[];
}

/** Asked for no longer than this, in seconds, to see whether a profile can be had at all. */
const SHORTEST = 60;
const MOST_HELD = 500;

/** Resources: as a person sees them, and as the gateway's other rooms need them. */
export class Resources {
  readonly #parts: ResourcesParts;

  constructor(parts: ResourcesParts) {
    this.#parts = parts;
  }

  /** Those of which the caller may ask for at least one profile, or holds something; by name. */
  async list(caller: Caller): Promise<Resource[]> {
    const snapshot = await this.#parts.configuration.current();
    const held = await this.#held(caller);
    return [...snapshot.resources.values()]
      .map((resource) => this.#view(caller, resource, snapshot, held))
      .filter((view) => view !== undefined);
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is hidden from the caller. */
  async get(caller: Caller, name: string): Promise<Resource> {
    const snapshot = await this.#parts.configuration.current();
    const resource = snapshot.resources.get(name);
    const view = resource && this.#view(caller, resource, snapshot, await this.#held(caller));
    if (!view)
      throw new DrawbridgeError('not_found', `there is no resource ${name} that you may use`, {
        hint: 'See what there is: drawbridge resources',
      });
    return view;
  }

  /** The document, whoever asks; undefined where there is none. */
  async find(name: string): Promise<StoredResource | undefined> {
    return (await this.#parts.configuration.current()).resources.get(name);
  }

  /** What must be masked in it, as the data rules stand. */
  async rulesFor(resource: Pick<StoredResource, 'name' | 'labels'>): Promise<MaskingRules> {
    return maskingRulesFor(resource, (await this.#parts.configuration.current()).dataRules);
  }

  async #held({ user }: Caller): Promise<Held> {
    const { authorizer, clock, db } = this.#parts;
    const now = clock.now();
    const [grants, pending] = await Promise.all([
      listGrants(db, { limit: MOST_HELD, userId: user.id, state: 'usable' }, now),
      listRequests(db, { limit: MOST_HELD, userId: user.id, state: 'pending' }, now),
    ]);
    return {
      grants: grants.map(({ grant }) => grant),
      pending: pending.map((stored) => viewOf(authorizer, stored, user)),
    };
  }

  #view(caller: Caller, resource: StoredResource, { dataRules }: Snapshot, held: Held): Resource | undefined {
    const profiles = Object.keys(resource.profiles).map((profile) =>
      this.#profile(caller, resource, profile),
    );
    const own = held.grants.filter((grant) => grant.resource === resource.name);
    const grant = own.find(({ state }) => state === 'active') ?? own[0];
    const pending = held.pending.find(({ targets }) =>
      targets.some((each) => each.resource === resource.name),
    );
    if (!grant && !pending && profiles.every(({ access }) => access === 'denied')) return undefined;
    const applying = dataRules.filter((rule) => selects(rule.resources, resource));
    return {
      name: resource.name,
      ...(resource.description === undefined ? {} : { description: resource.description }),
      protocol: resource.protocol,
      labels: resource.labels,
      ...(resource.protocol === 'postgres' && { database: resource.target.database }),
      profiles,
      maskedColumns: applying.flatMap(({ name, columns = [] }) =>
        columns.map(({ column, mask }) => ({ column, mask, rule: name })),
      ),
      maskedText: applying.flatMap(({ name, text = [] }) =>
        text.map((each) => ({
          detect: 'detect' in each ? each.detect : 'pattern',
          mask: each.mask,
          rule: name,
        })),
      ),
      ...(grant ? { grant } : {}),
      ...(pending ? { pending } : {}),
    };
  }

  #profile(caller: Caller, resource: StoredResource, name: string): ProfileAccess {
    const { authorizer } = this.#parts;
    const profile = resource.profiles[name];
    const decision = authorizer.access(caller, {
      resource,
      profile: name,
      duration: SHORTEST,
      reason: 'to see what can be asked for',
    });
    const needs = decision.verdict === 'needs' ? [...decision.requirements] : [];
    const access =
      decision.verdict === 'deny'
        ? 'denied'
        : needs.some(({ kind }) => kind === 'approve')
          ? 'review'
          : 'open';
    return {
      name,
      allow: [...(profile?.allow ?? [])],
      maxDuration: profile?.maxDuration ?? SHORTEST,
      access,
      needs,
      ...(access === 'denied' ? { explanation: authorizer.explain(decision) } : {}),
      policies: [...decision.policies],
    };
  }
}
