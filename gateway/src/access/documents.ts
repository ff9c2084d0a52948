import {
  type DocumentChange,
  type DocumentKind,
  DrawbridgeError,
  formatDuration,
} from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import { createPolicyEngine, type LivePolicyEngine } from '../policy/engine.ts';
import { compilePolicies, noPolicies, type PolicySet } from '../policy/policy-set.ts';
import type { DocumentStore, DocumentTransaction, StoredDocument } from '../store/documents.ts';
import type { Announcer } from './announce.ts';
import type { Authorizer } from './authorizer.ts';
import type { Actor, Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';
import { diffDocument } from './document-diff.ts';
import { type Issue, type ParsedDocument, parseDocuments } from './parse-documents.ts';
import { policyWarnings } from './policy-warnings.ts';
import { withdraw } from './withdraw.ts';

export interface DocumentsParts {
  readonly store: Pick<DocumentStore, 'transaction' | 'list'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Pick<Authorizer, 'assertMay'>;
  readonly configuration: Pick<Configuration, 'current'>;
}

export interface Applied {
  readonly changes: DocumentChange[];
  /** False for a dry run. */
  readonly applied: boolean;
  /** What is allowed but looks like a mistake. */
  readonly warnings: string[];
}

/** Resources, data rules and policies: applied, listed, removed. */
export class Documents {
  readonly #parts: DocumentsParts;
  /** Tries a policy set before it is taken. */
  readonly #trial: LivePolicyEngine;
  /** What was checked last, so that only what changes is read again. */
  #checked: PolicySet = noPolicies;

  constructor(parts: DocumentsParts) {
    this.#parts = parts;
    this.#trial = createPolicyEngine({ clock: parts.clock });
  }

  /**
   * Applies documents: all of them or, where one has a problem, none. Applying what is there already changes nothing.
   * @throws DrawbridgeError `forbidden`, `invalid_document` with all problems at once
   */
  async apply(
    caller: Caller,
    { documents, dryRun = false }: { documents: readonly unknown[]; dryRun?: boolean },
  ): Promise<Applied> {
    await this.#parts.configuration.current();
    this.#parts.authorizer.assertMay(caller, 'admin.apply');
    return this.#apply(caller, documents, dryRun);
  }

  /**
   * Applies documents on behalf of the gateway's own configuration, which is how the first policy gets in.
   * @param when `empty`: only into a store that has no document yet; `always`: on each start
   */
  async bootstrap(documents: readonly unknown[], when: 'empty' | 'always' = 'empty'): Promise<Applied> {
    if (when === 'empty' && (await this.#parts.store.list()).length > 0)
      return { changes: [], applied: false, warnings: [] };
    return this.#apply('gateway', documents, false);
  }

  /** Documents as they were applied, without secrets. @throws DrawbridgeError `forbidden` */
  async list(caller: Caller, kind?: DocumentKind): Promise<Record<string, unknown>[]> {
    await this.#parts.configuration.current();
    this.#parts.authorizer.assertMay(caller, 'admin.read');
    const documents = await this.#parts.store.list();
    return documents.filter((document) => kind === undefined || document.kind === kind).map(asWritten);
  }

  /**
   * Removes one document. A removed resource ends its requests, grants and sessions.
   * @throws DrawbridgeError `forbidden`, `not_found`, `invalid_document` where nobody like the caller could apply afterwards
   */
  async remove(caller: Caller, kind: DocumentKind, name: string): Promise<{ changes: DocumentChange[] }> {
    const { announcer, authorizer, clock, configuration, store } = this.#parts;
    await configuration.current();
    authorizer.assertMay(caller, 'admin.apply');
    await store.transaction(async (transaction) => {
      if (!(await transaction.remove(kind, name)))
        throw new DrawbridgeError('not_found', `there is no ${kind} ${name}`);
      if (kind === 'Policy') this.#checkPolicies(await transaction.list(), caller);
      const entry = { actor: caller, action: 'document.removed', subject: `${kind}/${name}` };
      await announcer.changed(transaction.executor, { kind: 'configuration' }, entry);
      if (kind === 'Resource') await withdraw(transaction.executor, announcer, caller, clock.now(), name);
    });
    await configuration.current();
    return { changes: [{ kind, name, action: 'removed', changes: [] }] };
  }

  async #apply(actor: Caller | 'gateway', input: readonly unknown[], dryRun: boolean): Promise<Applied> {
    const { parsed, issues } = parseDocuments(input);
    if (issues.length > 0) throw invalid(issues);
    const result = await this.#parts.store.transaction(async (transaction) => {
      const existing = new Map((await transaction.list()).map((document) => [labelOf(document), document]));
      const next = new Map(existing);
      for (const { document } of parsed) next.set(labelOf(document), document);
      const together = [...next.values()];
      const policies = parsed.some(({ document }) => document.kind === 'Policy')
        ? this.#checkPolicies(together, actor)
        : noPolicies;
      const changes: DocumentChange[] = [];
      for (const each of parsed)
        changes.push(
          await this.#applyOne(transaction, actor, existing.get(labelOf(each.document)), each, dryRun),
        );
      return { changes, applied: !dryRun, warnings: warningsFor(parsed, together, policies) };
    });
    if (!dryRun) await this.#parts.configuration.current();
    return result;
  }

  async #applyOne(
    transaction: DocumentTransaction,
    actor: Actor,
    before: StoredDocument | undefined,
    after: ParsedDocument,
    dryRun: boolean,
  ): Promise<DocumentChange> {
    const { announcer, clock } = this.#parts;
    const { document, secrets } = after;
    const secretsBefore = before?.kind === 'Resource' ? await transaction.secrets(before.name) : {};
    const change = diffDocument(before, secretsBefore, after);
    if (dryRun || change.action === 'unchanged') return change;
    await transaction.put(document, secrets);
    await announcer.changed(
      transaction.executor,
      { kind: 'configuration' },
      {
        actor,
        action: `document.${change.action}`,
        subject: labelOf(document),
        details: { changes: change.changes },
      },
    );
    if (before?.kind === 'Resource' && document.kind === 'Resource') {
      const gone = Object.keys(before.profiles).filter(
        (profile) => !Object.hasOwn(document.profiles, profile),
      );
      if (gone.length > 0)
        await withdraw(transaction.executor, announcer, actor, clock.now(), document.name, gone);
    }
    return change;
  }

  /** @throws DrawbridgeError `invalid_document` where the policies can't be used, or would shut out whoever changes them. */
  #checkPolicies(documents: readonly StoredDocument[], actor: Caller | 'gateway'): PolicySet {
    const compiled = compilePolicies(
      documents.filter((document) => document.kind === 'Policy'),
      { before: this.#checked },
    );
    if (!compiled.ok)
      throw invalid(
        compiled.problems.map(({ document, line, column, message }) => ({
          path: `Policy/${document}.cedar:${line}:${column}`,
          message,
        })),
      );
    this.#checked = compiled.set;
    if (actor === 'gateway') return compiled.set;
    this.#trial.replace(compiled.set);
    const facts = actor.address === undefined ? {} : { ip: actor.address };
    if (this.#trial.allows({ principal: actor.user, action: 'admin.apply', facts })) return compiled.set;
    throw new DrawbridgeError(
      'invalid_document',
      'with these policies you could not apply anything any more, so they are not taken',
      {
        hint: 'Keep a policy that permits admin.apply to a group you are in; somebody else in another group can take yours away.',
      },
    );
  }
}

const labelOf = ({ kind, name }: StoredDocument) => `${kind}/${name}`;

function invalid(issues: readonly Issue[]): DrawbridgeError {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new DrawbridgeError(
    'invalid_document',
    `nothing was applied: ${first?.path} ${first?.message}${more}`,
    { issues: [...issues] },
  );
}

/** A rule or a policy may come before its resource does; that it selects nothing is worth a word all the same. */
function warningsFor(
  parsed: readonly ParsedDocument[],
  documents: readonly StoredDocument[],
  policies: PolicySet,
): string[] {
  const resources = documents.filter((document) => document.kind === 'Resource');
  return parsed.flatMap(({ document }) => {
    if (document.kind === 'Policy') {
      const applied = [...policies.values()].filter((policy) => policy.document === document.name);
      return policyWarnings(applied, resources);
    }
    if (document.kind !== 'DataRule') return [];
    const { name, resources: selector } = document;
    if ('names' in selector)
      return selector.names
        .filter((wanted) => !resources.some((resource) => resource.name === wanted))
        .map((wanted) => `DataRule/${name} names ${wanted}, which is no resource yet`);
    const wanted = Object.entries(selector.labels);
    const some = resources.some(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
    return some
      ? []
      : [
          `DataRule/${name} selects no resource yet: none has ${wanted.map((label) => label.join('=')).join(', ')}`,
        ];
  });
}

/** The document as a person writes it: durations as text. */
function asWritten(document: StoredDocument): Record<string, unknown> {
  if (document.kind !== 'Resource') return { ...document };
  const profiles = Object.entries(document.profiles).map(([name, profile]) => [
    name,
    { ...profile, maxDuration: formatDuration(profile.maxDuration) },
  ]);
  return { ...document, profiles: Object.fromEntries(profiles) };
}
