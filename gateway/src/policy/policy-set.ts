import {
  type DetailedError,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyDocument } from '@drawbridge/contract';
import { type Annotated, parseAnnotations } from './annotations.ts';
import { POLICY_SCHEMA } from './schema.ts';

/** One Cedar policy of a document, checked. */
export interface Policy extends Annotated {
  /** `name`, or `name#0`, `name#1`, … where the document holds several. */
  readonly id: string;
  /** The document's name. */
  readonly document: string;
  readonly effect: 'permit' | 'forbid';
  readonly cedar: string;
}

/** All policies of a gateway, by id, in the order of their documents. Never changed: a new set takes its place. */
export type PolicySet = ReadonlyMap<string, Policy>;

/** Why a document's policies can't be taken. `line` counts from 1 in the document's `cedar` text. */
interface PolicyProblem {
  readonly document: string;
  readonly line: number;
  readonly reason: string;
}

export type CompiledPolicies =
  | { readonly ok: true; readonly set: PolicySet }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

type Source = Pick<PolicyDocument, 'name' | 'description' | 'cedar'>;
type Located = { readonly line: number; readonly policy: Policy };

/**
 * Reads policy documents into a set: Cedar's syntax, `POLICY_SCHEMA`, and our annotations. All problems come at
 * once. A policy that can never apply is refused as well: as a forbid it would promise what it doesn't keep.
 */
export function compilePolicies(documents: readonly Source[]): CompiledPolicies {
  const problems: PolicyProblem[] = [];
  const set = new Map<string, Policy>();
  for (const document of documents) {
    const found = read(document);
    if ('problems' in found) problems.push(...found.problems);
    else for (const { policy } of found.policies) set.set(policy.id, policy);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, set };
}

/** The empty set: denies everything. */
export const noPolicies: PolicySet = new Map();

function read(document: Source): { policies: readonly Located[] } | { problems: PolicyProblem[] } {
  const at = (line: number, reason: string): PolicyProblem => ({ document: document.name, line, reason });
  const parts = policySetTextToParts(document.cedar);
  if (parts.type === 'failure')
    return { problems: parts.errors.map((error) => at(lineOf(document.cedar, error), sentence(error))) };
  if (parts.policy_templates.length > 0)
    return { problems: [at(1, 'templates (?principal, ?resource) are not supported: write the names out')] };
  if (parts.policies.length === 0) return { problems: [at(1, 'holds no policy')] };

  const problems: PolicyProblem[] = [];
  const located: Located[] = [];
  const sources = inSourceOrder(document.cedar, parts.policies);
  for (const [index, { cedar, line }] of sources.entries()) {
    const id = sources.length === 1 ? document.name : `${document.name}#${index}`;
    const parsed = policyToJson(cedar);
    if (parsed.type === 'failure') {
      problems.push(...parsed.errors.map((error) => at(line, sentence(error))));
      continue;
    }
    const annotated = annotationsOf(id, parsed.json);
    if ('problems' in annotated) problems.push(...annotated.problems.map((reason) => at(line, reason)));
    else {
      const description = annotated.description ?? document.description;
      const policy = { id, document: document.name, effect: parsed.json.effect, cedar, ...annotated };
      located.push({ line, policy: description === undefined ? policy : { ...policy, description } });
    }
  }
  problems.push(...againstSchema(located).map(({ line, reason }) => at(line, reason)));
  return problems.length > 0 ? { problems: problems.sort((a, b) => a.line - b.line) } : { policies: located };
}

function annotationsOf(id: string, json: PolicyJson) {
  const fields = new Set<string>();
  collectContextFields(json.conditions, fields);
  // Cedar's types say every annotation has a text; one written without (`@approve`) arrives as null.
  const annotations: Readonly<Record<string, string | null>> = json.annotations ?? {};
  return parseAnnotations({ id, effect: json.effect, annotations, fields });
}

function againstSchema(located: readonly Located[]): { line: number; reason: string }[] {
  if (located.length === 0) return [];
  const answer = validate({
    schema: POLICY_SCHEMA,
    policies: { staticPolicies: Object.fromEntries(located.map(({ policy }) => [policy.id, policy.cedar])) },
  });
  if (answer.type === 'failure') return answer.errors.map((error) => ({ line: 1, reason: sentence(error) }));
  const seen = new Set<string>();
  return [...answer.validationErrors, ...answer.validationWarnings].flatMap(({ policyId, error }) => {
    const owner = located.find(({ policy }) => policy.id === policyId);
    const problem = {
      line: (owner?.line ?? 1) + (owner ? lineOf(owner.policy.cedar, error) - 1 : 0),
      reason: sentence(error, policyId),
    };
    // One mistake is found once for each action that the policy covers; the person needs it once.
    const key = `${problem.line} ${error.message.replace(/ in context for Action::"[^"]*"/, '')}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [problem];
  });
}

/** Cedar returns the policies of a text sorted by `policy0`, `policy1`, `policy10`, …: put them back as they were written. */
function inSourceOrder(source: string, policies: readonly string[]): { cedar: string; line: number }[] {
  const next = new Map<string, number>();
  return policies
    .map((cedar) => {
      const start = source.indexOf(cedar, next.get(cedar) ?? 0);
      next.set(cedar, start + cedar.length);
      return { cedar, start };
    })
    .sort((a, b) => a.start - b.start)
    .map(({ cedar, start }) => ({ cedar, line: source.slice(0, Math.max(0, start)).split('\n').length }));
}

/** Cedar's locations count bytes of UTF-8. */
function lineOf(text: string, error: DetailedError): number {
  const start = error.sourceLocations?.[0]?.start ?? 0;
  return Buffer.from(text).subarray(0, start).toString().split('\n').length;
}

function sentence(error: DetailedError, policyId?: string): string {
  const message =
    policyId === undefined ? error.message : error.message.replace(`for policy \`${policyId}\`, `, '');
  return error.help ? `${message} (${error.help})` : message;
}

/** Walks Cedar's JSON expressions (docs.cedarpolicy.com, *JSON policy format*) for `context.x` and `context has x`. */
function collectContextFields(node: unknown, fields: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) collectContextFields(item, fields);
  } else if (typeof node === 'object' && node !== null) {
    for (const [operator, operand] of Object.entries(node)) {
      if ((operator === '.' || operator === 'has') && isContextAccess(operand)) fields.add(operand.attr);
      collectContextFields(operand, fields);
    }
  }
}

function isContextAccess(operand: unknown): operand is { left: { Var: 'context' }; attr: string } {
  if (typeof operand !== 'object' || operand === null || !('left' in operand) || !('attr' in operand))
    return false;
  const { left, attr } = operand;
  return (
    typeof left === 'object' &&
    left !== null &&
    'Var' in left &&
    left.Var === 'context' &&
    typeof attr === 'string'
  );
}
