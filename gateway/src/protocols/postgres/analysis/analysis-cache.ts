import { createHash, createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../../clock.ts';
import type { ColumnRule } from '../../../masking/rule.ts';
import type { Catalog } from './catalog.ts';
import { classify } from './classify.ts';
import { hideSecrets, hideSuspects } from './hide-secrets.ts';
import type { Refusal } from './plan.ts';
import type { SqlNode } from './sql-node.ts';
import { SqlParser } from './sql-parser.ts';
import type { Classification } from './tally.ts';

/** What a text says, whoever sends it. */
export interface ParsedText {
  readonly recordedText: string;
  readonly statements: readonly { readonly node: SqlNode; readonly classification: Classification }[];
  /** Set where it can't be parsed. */
  readonly refusal?: Refusal;
}

/** A catalog, and when a session last found the target to have it, in ms. */
export interface KnownCatalog {
  readonly catalog: Catalog;
  readonly asked: number;
}

const MOST_TEXTS = 5000;
/** Trees weigh some twenty times their text; this keeps all of them under about 100 MB. */
const MOST_CHARACTERS = 5_000_000;
const LONGEST_CACHED = 100_000;
const MOST_CATALOGS = 100;

/** What all sessions of a gateway share: the parser, parsed texts, and what the rules mean in each resource. */
export class AnalysisCache {
  readonly parser: SqlParser;
  readonly clock: Clock;
  readonly #maskKey: Uint8Array | undefined;
  readonly #texts = new LRUCache<string, ParsedText>({
    max: MOST_TEXTS,
    maxSize: MOST_CHARACTERS,
    maxEntrySize: LONGEST_CACHED,
    sizeCalculation: (_parsed, text) => text.length + 100,
  });
  readonly #catalogs = new LRUCache<string, KnownCatalog>({ max: MOST_CATALOGS });

  private constructor(parser: SqlParser, clock: Clock, maskKey: Uint8Array | undefined) {
    this.parser = parser;
    this.clock = clock;
    this.#maskKey = maskKey;
  }

  /**
   * Once at start-up.
   * @param maskKey the gateway's secret behind the mask `hash`, at least 32 random bytes, the same on every gateway
   *   that shares a store. Without one `hash` hides everything.
   */
  static async load({
    clock = systemClock,
    maskKey,
  }: {
    clock?: Clock;
    maskKey?: Uint8Array;
  } = {}): Promise<AnalysisCache> {
    return new AnalysisCache(await SqlParser.load(), clock, maskKey);
  }

  /** Parses and classifies, or remembers. */
  read(text: string): ParsedText {
    const known = this.#texts.get(text);
    if (known) return known;
    const parsed = this.#parse(text);
    this.#texts.set(text, parsed);
    return parsed;
  }

  #parse(text: string): ParsedText {
    const parsed = this.parser.parse(text);
    if ('sqlstate' in parsed) return { recordedText: hideSuspects(text), statements: [], refusal: parsed };
    return {
      recordedText: hideSecrets(text, parsed),
      statements: parsed.map(({ node }) => ({ node, classification: classify(node) })),
    };
  }

  /** The catalog that was last read of a resource under these rules. It may be old: compare its fingerprint. */
  catalog(resource: string, rules: readonly ColumnRule[]): KnownCatalog | undefined {
    return this.#catalogs.get(catalogKey(resource, rules));
  }

  keepCatalog(resource: string, rules: readonly ColumnRule[], known: KnownCatalog): void {
    this.#catalogs.set(catalogKey(resource, rules), known);
  }

  /** The key of the mask `hash` in a resource: equal values look equal there, and nowhere else. */
  hashKey(resource: string): Uint8Array | undefined {
    return this.#maskKey && createHmac('sha256', this.#maskKey).update(`mask:${resource}`).digest();
  }
}

/** The resource may be given another target or other rules under the same name; the fingerprint covers the former. */
const catalogKey = (resource: string, rules: readonly ColumnRule[]): string =>
  `${resource} ${createHash('sha256').update(JSON.stringify(rules)).digest('hex')}`;
