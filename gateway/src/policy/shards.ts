import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { preparsePolicySet } from './cedar.ts';
import type { Policy, PolicySet } from './policy-set.ts';
import { type Asked, matches, mentionedIn } from './scope.ts';

/** Kinds of questions whose candidates are kept. */
const CACHED_KINDS = 4096;
/** Sets that Cedar keeps parsed. */
const CACHED_SETS = 256;

/** Some policies. */
export interface Shard {
  readonly policies: readonly Policy[];
  /** Cedar's name for the set of them; absent where there are none. */
  readonly slot?: string;
  /** Why Cedar can't take them. Never so of a set from `compilePolicies`. */
  readonly failure?: string;
}

interface Candidates {
  readonly key: string;
  readonly policies: readonly Policy[];
}

/**
 * A policy set by what the heads of its policies let them have a say in. Cedar evaluates every policy of a set for every
 * question; asked with those alone whose heads match, its answer is the same, and a thousand others cost nothing.
 */
export class Shards {
  /** cedar-wasm keeps a parsed set under its name for as long as the process lives: names are used again. */
  readonly #prefix = randomUUID();
  readonly #free: string[] = [];
  #names = 0;
  #set: PolicySet = new Map();
  /** Names of principals and resources that some head has: others make no difference. */
  #mentioned: ReadonlySet<string> = new Set();
  readonly #kinds = new LRUCache<string, Candidates>({ max: CACHED_KINDS });
  readonly #slots = new LRUCache<string, string>({
    max: CACHED_SETS,
    dispose: (slot) => {
      this.#free.push(slot);
    },
  });

  replace(set: PolicySet): void {
    this.#kinds.clear();
    this.#slots.clear();
    for (const slot of this.#free) preparsePolicySet(slot, { staticPolicies: {} });
    this.#set = set;
    this.#mentioned = new Set(
      [...set.values()].flatMap(({ json }) => [
        ...mentionedIn(json.principal),
        ...mentionedIn(json.resource),
      ]),
    );
  }

  /** The policies that can have a say. */
  of(asked: Asked): Shard {
    const kind = this.#kindOf(asked);
    let candidates = this.#kinds.get(kind);
    if (candidates === undefined) {
      const policies = [...this.#set.values()].filter(({ json }) => matches(json, asked));
      candidates = { key: policies.map(({ id }) => id).join(' '), policies };
      this.#kinds.set(kind, candidates);
    }
    const { key, policies } = candidates;
    if (policies.length === 0) return { policies };
    const slot = this.#slots.get(key);
    return slot === undefined ? this.#parse(candidates) : { policies, slot };
  }

  /** What the heads of policies can tell apart; two questions of one kind have the same candidates. */
  #kindOf({ principal, action, resource }: Asked): string {
    const known = (within: ReadonlySet<string>) =>
      [...within].filter((name) => this.#mentioned.has(name)).sort();
    return JSON.stringify([
      action.self,
      principal.type,
      known(principal.within),
      resource.type,
      known(resource.within),
    ]);
  }

  #parse({ key, policies }: Candidates): Shard {
    const slot = this.#free.pop() ?? this.#newName();
    const staticPolicies = Object.fromEntries(policies.map(({ id, cedar }) => [id, cedar]));
    const answer = preparsePolicySet(slot, { staticPolicies });
    if (answer.type === 'failure') {
      this.#free.push(slot);
      return { policies, failure: answer.errors.map(({ message }) => message).join('; ') };
    }
    this.#slots.set(key, slot);
    return { policies, slot };
  }

  #newName(): string {
    this.#names += 1;
    return `${this.#prefix}:${this.#names}`;
  }
}
