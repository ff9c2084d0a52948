import { parseDuration } from '@drawbridge/contract';
import type { PolicyJson } from './cedar.ts';
import { nearestName } from './nearest-name.ts';
import type { PolicyRequirement } from './requirement.ts';

export interface Annotated {
  readonly description?: string;
  readonly message?: string;
  readonly requirements: readonly PolicyRequirement[];
}

/** A problem and the annotation that has it. */
export interface AnnotationProblem {
  readonly annotation: string;
  readonly message: string;
  readonly nearest?: string;
}

const examples = {
  approve: '@approve("dba") or @approve("2 of dba, security")',
  escalate: '@escalate("security after 15m")',
  breakglass: '@breakglass("security")',
  justify: '@justify("reason"), @justify("ticket?") or @justify("ticket")',
  mfa: '@mfa("15m")',
  message: '@message("…")',
  description: '@description("…")',
} as const;
type Annotation = keyof typeof examples;
const KNOWN = Object.keys(examples);
const OF_FORBID = ['approve', 'escalate', 'breakglass', 'justify', 'mfa'] as const;

/** Reads a policy's annotations. What can't be understood is a problem, never passed over: the policy is then refused. */
export function parseAnnotations(
  id: string,
  policy: PolicyJson,
): Annotated | { readonly problems: readonly AnnotationProblem[] } {
  const problems: AnnotationProblem[] = [];
  // Cedar's types say every annotation has a text; one written without (`@approve`) arrives as null.
  const annotations: Readonly<Record<string, string | null>> = policy.annotations ?? {};
  const wrong = (annotation: string, message: string) => problems.push({ annotation, message });
  const read = <T>(key: Annotation, parse: (text: string) => T | undefined): T | undefined => {
    if (!(key in annotations)) return undefined;
    const text = annotations[key]?.trim();
    const value = text ? parse(text) : undefined;
    if (!text) wrong(key, `@${key} needs a text, like ${examples[key]}`);
    else if (value === undefined) wrong(key, `@${key}("${text}") is not understood: write ${examples[key]}`);
    return value;
  };

  for (const key of Object.keys(annotations)) if (!KNOWN.includes(key)) problems.push(unknown(key));
  const message = read('message', (text) => text);
  const description = read('description', (text) => text);
  const about = { policy: id, ...(message === undefined ? {} : { message }) };
  const approve = read('approve', quorumIn);
  const escalate = read('escalate', escalationIn);
  const breakGlass = read('breakglass', groupsIn);
  const justify = read('justify', justificationIn);
  const seconds = read('mfa', parseDuration);
  const requirements: PolicyRequirement[] = [];
  if (approve !== undefined)
    requirements.push({
      ...{ kind: 'approve', ...approve },
      ...(escalate === undefined ? {} : { escalate }),
      ...(breakGlass === undefined ? {} : { breakGlass }),
      ...about,
    });
  if (justify !== undefined) requirements.push({ kind: 'justify', ...justify, ...about });
  if (seconds !== undefined) requirements.push({ kind: 'mfa', seconds, ...about });

  for (const key of OF_FORBID) {
    if (!(key in annotations)) continue;
    if (policy.effect === 'permit') wrong(key, `@${key} belongs on a forbid: a permit has nothing to lift`);
    else if ((key === 'escalate' || key === 'breakglass') && !('approve' in annotations))
      wrong(key, `@${key} belongs beside @approve: without it nobody is waited for`);
  }
  if (problems.length > 0) return { problems };
  return {
    requirements,
    ...(message === undefined ? {} : { message }),
    ...(description === undefined ? {} : { description }),
  };
}

function unknown(annotation: string): AnnotationProblem {
  const nearest = nearestName(annotation, KNOWN);
  const help =
    nearest === undefined
      ? ` (${KNOWN.map((name) => `@${name}`).join(', ')})`
      : `, did you mean @${nearest}?`;
  const message = `@${annotation} is not an annotation that Drawbridge knows${help}`;
  return { annotation, message, ...(nearest === undefined ? {} : { nearest: `@${nearest}` }) };
}

/** `dba`, or `2 of dba, security`. */
function quorumIn(text: string): { count: number; groups: string[] } | undefined {
  const match = /^(?:(\d{1,2})\s+of\s+)?(.+)$/.exec(text);
  const count = Number(match?.[1] ?? '1');
  const groups = groupsIn(match?.[2] ?? '');
  return count < 1 || groups === undefined ? undefined : { count, groups };
}

/** `security after 15m`. */
function escalationIn(text: string): { after: number; groups: string[] } | undefined {
  const match = /^(.+?)\s+after\s+(\S+)$/.exec(text);
  const groups = groupsIn(match?.[1] ?? '');
  const after = parseDuration(match?.[2] ?? '');
  return groups === undefined || after === undefined || after < 1 ? undefined : { after, groups };
}

/** `ticket?` asks for a reason and welcomes a ticket; `ticket` insists on one. */
function justificationIn(text: string): { ticket: boolean } | undefined {
  return ['reason', 'ticket?', 'ticket'].includes(text) ? { ticket: text === 'ticket' } : undefined;
}

/** `dba, security`: at least one name, and none twice. */
function groupsIn(text: string): string[] | undefined {
  const groups = text.split(',').map((group) => group.trim());
  return groups.some((group) => group === '') || new Set(groups).size !== groups.length ? undefined : groups;
}
