import { type DataRuleDocument, DrawbridgeError, type PolicyProblem } from '@drawbridge/contract';
import type { LivePolicyEngine } from '../policy/engine.ts';
import { compilePolicies, type PolicySet } from '../policy/policy-set.ts';
import type { DocumentStore, StoredDocument, StoredResource } from '../store/documents.ts';

/** All applied documents of one version, as they are used. Never changed. */
export interface Snapshot {
  readonly version: number;
  readonly resources: ReadonlyMap<string, StoredResource>;
  readonly dataRules: readonly DataRuleDocument[];
  readonly policies: PolicySet;
}

/**
 * The documents in memory. `current` asks the store for the version each time, so a gateway that missed a
 * notification still never decides by what is no longer so; the policy engine is swapped along with them.
 */
export class Configuration {
  readonly #documents: Pick<DocumentStore, 'version' | 'snapshot'>;
  readonly #engine: Pick<LivePolicyEngine, 'replace'>;
  #held: Snapshot | undefined;
  #loading: Promise<Snapshot> | undefined;

  constructor(
    documents: Pick<DocumentStore, 'version' | 'snapshot'>,
    engine: Pick<LivePolicyEngine, 'replace'>,
  ) {
    this.#documents = documents;
    this.#engine = engine;
  }

  /** @throws DrawbridgeError `not_ready` when a stored policy can't be used; errors of the store as they are. */
  async current(): Promise<Snapshot> {
    const version = await this.#documents.version();
    let held = this.#held;
    // A load under way may have begun before the change that `version` tells of.
    while (held === undefined || held.version < version) {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined;
      });
      held = await this.#loading;
    }
    return held;
  }

  async #load(): Promise<Snapshot> {
    const { version, documents } = await this.#documents.snapshot();
    const compiled = compilePolicies(ofKind(documents, 'Policy'), {
      stored: true,
      ...(this.#held && { before: this.#held.policies }),
    });
    if (!compiled.ok) throw unusable(compiled.problems);
    const snapshot: Snapshot = {
      version,
      resources: new Map(ofKind(documents, 'Resource').map((resource) => [resource.name, resource])),
      dataRules: ofKind(documents, 'DataRule'),
      policies: compiled.set,
    };
    this.#engine.replace(snapshot.policies);
    this.#held = snapshot;
    return snapshot;
  }
}

const ofKind = <K extends StoredDocument['kind']>(documents: readonly StoredDocument[], kind: K) =>
  documents.filter((document): document is Extract<StoredDocument, { kind: K }> => document.kind === kind);

function unusable(problems: readonly PolicyProblem[]): DrawbridgeError {
  return new DrawbridgeError('not_ready', 'a stored policy cannot be used, so nothing is allowed', {
    hint: 'This release reads it differently than the one that stored it. Go back to that release and mend the policy there.',
    issues: problems.map(({ document, line, message }) => ({
      path: `Policy/${document}:${line}`,
      message,
    })),
  });
}
