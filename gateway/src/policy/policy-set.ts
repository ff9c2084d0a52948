import type { PolicyDocument, PolicyProblem } from '@drawbridge/contract';
import { type Annotated, type AnnotationProblem, parseAnnotations } from './annotations.ts';
import { type PolicyJson, policySetTextToParts, policyToJson, validate } from './cedar.ts';
import { placeAt, problemOf } from './policy-problem.ts';
import { POLICY_SCHEMA } from './schema.ts';
import { unliftable } from './unliftable.ts';

/** One Cedar policy of a document, checked. */
export interface Policy extends Annotated {
  /** `name`, or `name#0`, `name#1`, … where the document holds several. */
  readonly id: string;
  /** The document's name. */
  readonly document: string;
  readonly effect: 'permit' | 'forbid';
  readonly cedar: string;
  /** The same in Cedar's JSON. */
  readonly json: PolicyJson;
  /** What it was read from. */
  readonly source: PolicySource;
}

/** All policies of a gateway, by id, in the order of their documents. Never changed: a new set takes its place. */
export type PolicySet = ReadonlyMap<string, Policy>;

export type CompiledPolicies =
  | { readonly ok: true; readonly set: PolicySet }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

type PolicySource = Pick<PolicyDocument, 'name' | 'description' | 'cedar'>;

/** A policy's text and where it begins in that of its document. */
interface Part {
  readonly document: PolicySource;
  readonly id: string;
  readonly cedar: string;
  readonly start: number;
}

/**
 * Reads policy documents into a set: Cedar's syntax, `POLICY_SCHEMA`, and our annotations. All problems come at
 * once, with line and column in their document's `cedar` text. A policy that can never apply is refused as well: as a
 * forbid it would promise what it doesn't keep.
 * @param options.before a set whose policies are taken over where their document is the same: reading a thousand takes a second
 * @param options.stored they were taken before: one with a requirement that could never be met goes on denying
 */
export function compilePolicies(
  documents: readonly PolicySource[],
  { before = noPolicies, stored = false }: { readonly before?: PolicySet; readonly stored?: boolean } = {},
): CompiledPolicies {
  const problems: PolicyProblem[] = [];
  const unread: Part[] = [];
  const set = new Map<string, Policy>();
  const known = byDocument(before);
  for (const document of documents) {
    const same = known.get(document.name) ?? [];
    if (same[0] !== undefined && isSame(same[0].source, document)) {
      for (const policy of same) set.set(policy.id, policy);
      continue;
    }
    const split = splitDocument(document);
    if ('problems' in split) problems.push(...split.problems);
    else {
      for (const part of split.parts) {
        const read = readPolicy(part, stored);
        if ('problems' in read) problems.push(...read.problems);
        else {
          set.set(part.id, read.policy);
          unread.push(part);
        }
      }
    }
  }
  problems.push(...againstSchema(unread));
  if (problems.length === 0) return { ok: true, set };
  const order = new Map(documents.map(({ name }, index) => [name, index]));
  const inOrder = (a: PolicyProblem, b: PolicyProblem) =>
    (order.get(a.document) ?? 0) - (order.get(b.document) ?? 0) || a.line - b.line || a.column - b.column;
  return { ok: false, problems: problems.sort(inOrder) };
}

/** The empty set: denies everything. */
export const noPolicies: PolicySet = new Map();

function byDocument(set: PolicySet): ReadonlyMap<string, readonly Policy[]> {
  const policies = new Map<string, Policy[]>();
  for (const policy of set.values())
    policies.set(policy.document, [...(policies.get(policy.document) ?? []), policy]);
  return policies;
}

const isSame = (one: PolicySource, other: PolicySource): boolean =>
  one.cedar === other.cedar && one.description === other.description;

function splitDocument(document: PolicySource): { parts: readonly Part[] } | { problems: PolicyProblem[] } {
  const { name, cedar } = document;
  const whole = (message: string) => ({ problems: [{ document: name, line: 1, column: 1, message }] });
  const parts = policySetTextToParts(cedar);
  if (parts.type === 'failure')
    return { problems: parts.errors.map((error) => ({ document: name, ...problemOf(error, cedar) })) };
  if (parts.policy_templates.length > 0)
    return whole('templates (?principal, ?resource) are not supported: write the names out');
  if (parts.policies.length === 0) return whole('holds no policy');
  const sources = inSourceOrder(cedar, parts.policies);
  return {
    parts: sources.map((part, index) => ({
      document,
      id: sources.length === 1 ? name : `${name}#${index}`,
      ...part,
    })),
  };
}

function readPolicy(
  { document, id, cedar, start }: Part,
  stored: boolean,
): { policy: Policy } | { problems: PolicyProblem[] } {
  const { name } = document;
  const parsed = policyToJson(cedar);
  if (parsed.type === 'failure')
    return {
      problems: parsed.errors.map((error) => ({
        document: name,
        ...problemOf(error, document.cedar, cedar, start),
      })),
    };
  const annotated = parseAnnotations(id, parsed.json);
  const problems = (found: readonly AnnotationProblem[]) => ({
    problems: found.map(({ annotation, ...problem }) => ({
      document: name,
      ...placeAt(document.cedar, start + Math.max(0, cedar.search(new RegExp(`@${annotation}\\b`)))),
      ...problem,
    })),
  });
  if ('problems' in annotated) return problems(annotated.problems);
  const never = stored ? [] : unliftable(parsed.json, annotated.requirements);
  if (never.length > 0) return problems(never);
  const description = annotated.description ?? document.description;
  const { effect } = parsed.json;
  const policy = { id, document: name, effect, cedar, json: parsed.json, source: document, ...annotated };
  return { policy: description === undefined ? policy : { ...policy, description } };
}

/** Asked once for all policies: most of the time goes into reading the schema. */
function againstSchema(parts: readonly Part[]): PolicyProblem[] {
  if (parts.length === 0) return [];
  const answer = validate({
    schema: POLICY_SCHEMA,
    policies: { staticPolicies: Object.fromEntries(parts.map(({ id, cedar }) => [id, cedar])) },
  });
  if (answer.type === 'failure')
    throw new Error(`Cedar could not validate: ${answer.errors.map(({ message }) => message).join('; ')}`);
  const { validationErrors, validationWarnings } = answer;
  const wrong = new Set(validationErrors.map(({ policyId }) => policyId));
  // That a policy never applies follows from the mistake that it has.
  const found = [...validationErrors, ...validationWarnings.filter(({ policyId }) => !wrong.has(policyId))];
  const byId = new Map(parts.map((part) => [part.id, part]));
  // Cedar finds one mistake once for each action and type that the policy covers, in no order; the person needs it once.
  const once = new Map<string, PolicyProblem>();
  for (const { policyId, error } of found.sort((a, b) => (a.error.message < b.error.message ? -1 : 1))) {
    const part = byId.get(policyId);
    if (part === undefined) continue;
    const { document, cedar, start } = part;
    const problem = { document: document.name, ...problemOf(error, document.cedar, cedar, start) };
    const kind = error.message.replace(/ in context for Action::"[^"]*"| on entity type `\w+`/, '');
    const key = `${policyId} ${problem.line}:${problem.column} ${kind}`;
    // What is offered differs with the action.
    if (!once.has(key) || (once.get(key)?.nearest === undefined && problem.nearest !== undefined))
      once.set(key, problem);
  }
  return [...once.values()];
}

/** Cedar returns the policies of a text sorted by `policy0`, `policy1`, `policy10`, …: put them back as they were written. */
function inSourceOrder(source: string, policies: readonly string[]): { cedar: string; start: number }[] {
  const next = new Map<string, number>();
  return policies
    .map((cedar) => {
      const start = source.indexOf(cedar, next.get(cedar) ?? 0);
      next.set(cedar, start + cedar.length);
      return { cedar, start: Math.max(0, start) };
    })
    .sort((a, b) => a.start - b.start);
}
