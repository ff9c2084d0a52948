import { parseDuration, type Requirement } from '@drawbridge/contract';

/**
 * What has to happen before a forbid lets go. `mfa` is understood, so that a policy written with it is
 * valid, but nothing meets it yet: it denies and says so.
 */
export type PolicyRequirement =
  | Requirement
  | { readonly kind: 'mfa'; readonly seconds: number; readonly policy: string; readonly message?: string };

export interface Annotated {
  readonly description?: string;
  readonly message?: string;
  readonly requirements: readonly PolicyRequirement[];
}

/** The context field that a requirement changes once it is met; its forbid has to ask for it. */
const requirementField = {
  approve: ['approved'],
  justify: ['hasReason', 'hasTicket'],
  mfa: ['mfaSeconds'],
} as const;

const KNOWN = ['approve', 'justify', 'mfa', 'message', 'description'];

interface Input {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** As Cedar's JSON gives them; an annotation without a value is null. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** The fields of `context` that the policy's conditions mention. */
  readonly fields: ReadonlySet<string>;
}

/** Reads a policy's annotations. What can't be understood is a problem, never passed over: the policy is then refused. */
export function parseAnnotations(policy: Input): Annotated | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const text = (key: string): string | undefined => {
    if (!(key in policy.annotations)) return undefined;
    const value = policy.annotations[key]?.trim();
    if (value) return value;
    problems.push(`@${key} needs a text, like ${exampleOf(key) ?? `@${key}("…")`}`);
    return undefined;
  };
  for (const key of Object.keys(policy.annotations)) {
    if (!KNOWN.includes(key))
      problems.push(
        `@${key} is not an annotation that Drawbridge knows (${KNOWN.map((name) => `@${name}`).join(', ')})`,
      );
  }
  const message = text('message');
  const description = text('description');
  const base = { policy: policy.id, ...(message === undefined ? {} : { message }) };
  const requirements: PolicyRequirement[] = [];
  for (const kind of ['approve', 'justify', 'mfa'] as const) {
    const value = text(kind);
    if (value === undefined) continue;
    const parsed = parseRequirement(kind, value, base);
    if (typeof parsed === 'string') problems.push(parsed);
    else requirements.push(parsed);
    if (policy.effect === 'permit')
      problems.push(`@${kind} belongs on a forbid: a permit has nothing to lift`);
    else if (!requirementField[kind].some((field) => policy.fields.has(field)))
      problems.push(`@${kind} can never be met: end the forbid with unless { ${unless[kind]} }`);
  }
  if (problems.length > 0) return { problems };
  return {
    requirements,
    ...(message === undefined ? {} : { message }),
    ...(description === undefined ? {} : { description }),
  };
}

const examples = {
  approve: '@approve("dba") or @approve("2 of dba, security")',
  justify: '@justify("reason") or @justify("ticket")',
  mfa: '@mfa("15m")',
} as const;
const exampleOf = (key: string): string | undefined =>
  Object.entries(examples).find(([kind]) => kind === key)?.[1];
const unless = {
  approve: 'context.approved',
  justify: 'context.hasTicket',
  mfa: 'context has mfaSeconds && context.mfaSeconds <= 900',
} as const;

type Base = { policy: string; message?: string };

function parseRequirement(
  kind: 'approve' | 'justify' | 'mfa',
  value: string,
  base: Base,
): PolicyRequirement | string {
  switch (kind) {
    case 'approve': {
      const match = /^(?:(\d{1,2})\s+of\s+)?(.+)$/.exec(value);
      const count = Number(match?.[1] ?? '1');
      const groups = (match?.[2] ?? '').split(',').map((group) => group.trim());
      if (count < 1 || groups.some((group) => group === '') || new Set(groups).size !== groups.length)
        return `@approve("${value}") is not understood: write ${examples.approve}`;
      return { kind, count, groups, ...base };
    }
    case 'justify':
      // `ticket?` asks for a reason and welcomes a ticket; `ticket` insists on one.
      if (value === 'reason' || value === 'ticket?') return { kind, ticket: false, ...base };
      if (value === 'ticket') return { kind, ticket: true, ...base };
      return `@justify("${value}") is not understood: write @justify("reason"), @justify("ticket?") or @justify("ticket")`;
    case 'mfa': {
      const seconds = parseDuration(value);
      return seconds === undefined
        ? `@mfa("${value}") is not understood: write a duration, like ${examples.mfa}`
        : { kind, seconds, ...base };
    }
  }
}
