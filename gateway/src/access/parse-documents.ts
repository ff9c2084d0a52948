import { X509Certificate } from 'node:crypto';
import {
  type DataRuleDocument,
  Document,
  type ErrorBody,
  type Profile,
  Protocol,
  type ResourceDocument,
  type SecretSource,
} from '@drawbridge/contract';
import ssh2 from 'ssh2';
import type { z } from 'zod';
import { checkTextPattern } from '../masking/text/check-text-pattern.ts';
import type { Secrets, StoredDocument, StoredResource } from '../store/documents.ts';

const { utils: ssh } = ssh2;

export type Issue = NonNullable<ErrorBody['error']['issues']>[number];

/** A document split as it is stored: what may be shown, and what is sealed. */
export interface ParsedDocument {
  readonly document: StoredDocument;
  readonly secrets: Secrets;
}

/** Reads documents as they arrive. All problems come at once, each with the document's name and the path in it. */
export function parseDocuments(input: readonly unknown[]): {
  readonly parsed: readonly ParsedDocument[];
  readonly issues: readonly Issue[];
} {
  const parsed: ParsedDocument[] = [];
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const [index, raw] of input.entries()) {
    const label = labelOf(raw) ?? `documents.${index}`;
    const result = Document.safeParse(raw);
    if (!result.success) {
      issues.push(
        ...result.error.issues.map((issue) => ({
          path: pathOf(label, issue.path),
          message: sentence(issue),
        })),
      );
      continue;
    }
    if (seen.has(label)) issues.push({ path: label, message: 'is there twice' });
    seen.add(label);
    if (result.data.kind === 'DataRule') issues.push(...patternIssues(label, result.data));
    if (result.data.kind !== 'Resource') {
      parsed.push({ document: result.data, secrets: {} });
      continue;
    }
    const split = splitResource(result.data);
    issues.push(...split.issues.map(({ path, message }) => ({ path: `${label}.${path}`, message })));
    parsed.push(split);
  }
  return { parsed, issues };
}

function patternIssues(label: string, { text = [] }: DataRuleDocument): Issue[] {
  return text.flatMap((rule, index) => {
    const message = 'pattern' in rule ? checkTextPattern(rule.pattern) : undefined;
    return message === undefined ? [] : [{ path: `${label}.text.${index}.pattern`, message }];
  });
}

function splitResource(resource: ResourceDocument): ParsedDocument & { issues: Issue[] } {
  const issues: Issue[] = [];
  const secrets: Record<string, string> = {};
  const profiles: Record<string, StoredResource['profiles'][string]> = {};
  for (const [name, profile] of Object.entries(resource.profiles)) {
    const { username, kind, source } = signInOf(profile.credential);
    const path = `profiles.${name}.credential.${kind}`;
    if (source !== undefined && 'value' in source) {
      secrets[name] = source.value;
      if (kind === 'privateKey' && !isPrivateKey(source.value))
        issues.push({ path, message: 'must be a private key that OpenSSH reads, without a passphrase' });
    } else if (source !== undefined) {
      const form = 'env' in source ? 'env' : 'file';
      issues.push({
        path,
        message: `{ ${form}: … } is read by the side that applies, and only its value is sent; use drawbridge apply, or send { value: … }`,
      });
    }
    profiles[name] = { ...profile, credential: { username, ...(kind !== 'password' && { kind }) } };
  }
  if (resource.protocol === 'postgres') {
    const { ca } = resource.target;
    if (ca !== undefined && !isCertificate(ca))
      issues.push({ path: 'target.ca', message: 'must be a certificate in PEM' });
  }
  return { document: { ...resource, profiles }, secrets, issues };
}

/** The credential's kind, and where its secret comes from. */
function signInOf(credential: Profile['credential']): {
  username: string;
  kind: 'password' | 'privateKey' | 'certificate';
  source?: SecretSource;
} {
  const { username } = credential;
  if ('password' in credential) return { username, kind: 'password', source: credential.password };
  if ('privateKey' in credential) return { username, kind: 'privateKey', source: credential.privateKey };
  return { username, kind: 'certificate' };
}

function isPrivateKey(text: string): boolean {
  const key = ssh.parseKey(text);
  return !(key instanceof Error) && key.isPrivateKey();
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function labelOf(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw === null || !('kind' in raw) || !('name' in raw)) return undefined;
  return typeof raw.kind === 'string' && typeof raw.name === 'string' ? `${raw.kind}/${raw.name}` : undefined;
}

const pathOf = (label: string, path: readonly PropertyKey[]) => [label, ...path.map(String)].join('.');

/** zod's words, but where several shapes are possible: then the shapes are what helps. What was sent is never repeated. */
function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  if (issue.path.at(-1) === 'password' || issue.path.at(-1) === 'privateKey')
    return 'must be { env: NAME }, { file: path } or { value: secret }';
  if (issue.path.at(-1) === 'credential')
    return 'must be { username, password }, { username, privateKey } or { username, certificate: true }';
  if (issue.path.at(-1) === 'protocol') return `must be ${Protocol.options.join(' or ')}`;
  if (issue.path.at(-1) === 'resources')
    return 'must be { names: [...] } or { labels: { ... } }, with at least one';
  if (issue.path.at(-1) === 'kind') return 'must be Resource, DataRule or Policy';
  if (issue.path.length === 0) return 'kind must be Resource, DataRule or Policy';
  return issue.message;
}
