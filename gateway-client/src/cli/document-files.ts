import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Document, type DocumentInput, DrawbridgeError, type SecretSource } from '@drawbridge/contract';
import { isNode, isScalar, LineCounter, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { ClientError } from '../client-error.ts';

type Issue = { readonly path: string; readonly message: string };
type Path = readonly PropertyKey[];

/** One document of a file, as written, with its secrets read. */
export interface FileDocument {
  readonly value: Record<string, unknown>;
  /**
   * `file:line` of a path within the document; of its nearest parent where it isn't there. `inner` is a line
   * within the text that stands there, from 1; with a column of it the place is `file:line:column`.
   */
  locate(path: Path, inner?: number, column?: number): string;
}

export interface DocumentSources {
  readonly env: NodeJS.ProcessEnv;
  /** Content of stdin, for the file name `-`. */
  readonly readStdin: () => Promise<string>;
  /** Leaves secrets where they are: nothing is applied. */
  readonly withoutSecrets?: true;
}

/**
 * Reads multi-document YAML files, checks each document by the contract's schema and fills in secrets from
 * `env` and `file` (relative to the YAML file), so that only their values travel.
 * @throws DrawbridgeError `invalid_document` with all problems at once, each as `file:line`; ClientError `file_unreadable`
 */
export async function loadDocuments(
  files: readonly string[],
  sources: DocumentSources,
): Promise<FileDocument[]> {
  const issues: Issue[] = [];
  const documents: FileDocument[] = [];
  for (const file of files) {
    const text = file === '-' ? await sources.readStdin() : await read(file);
    for (const document of parseFile(file === '-' ? 'stdin' : file, text, issues)) {
      const parsed = Document.safeParse(document.value);
      if (parsed.success) {
        if (!sources.withoutSecrets) await fillSecrets(document, dirname(file), sources.env, issues);
      } else {
        for (const issue of parsed.error.issues) {
          const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
          issues.push({
            path: document.locate(path),
            message: `${issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `}${sentence(issue)}`,
          });
        }
      }
      documents.push(document);
    }
  }
  if (issues.length > 0) throw invalid(issues);
  if (documents.length === 0)
    throw invalid([{ path: files.join(', '), message: 'there is no document in it' }]);
  return documents;
}

/** zod's words, but where several shapes are possible: then the shapes are what helps. */
function sentence(issue: { readonly code?: string; readonly path: Path; readonly message: string }): string {
  if (issue.code !== 'invalid_union') return issue.message;
  if (issue.path.at(-1) === 'credential')
    return 'must be { username, password }, { username, privateKey } or { username, certificate: true }';
  if (issue.path.at(-1) === 'password' || issue.path.at(-1) === 'privateKey')
    return 'must be { env: NAME }, { file: path } or { value: secret }';
  if (issue.path.at(-1) === 'resources') return 'must be { names: [...] } or { labels: { ... } }';
  return 'kind must be Resource, DataRule or Policy';
}

const invalid = (issues: readonly Issue[]): DrawbridgeError =>
  new DrawbridgeError(
    'invalid_document',
    issues.length === 1
      ? 'the documents have a mistake; nothing was applied'
      : `the documents have ${issues.length} mistakes; nothing was applied`,
    { issues: [...issues] },
  );

/** What the gateway found wrong, at its place here: `Policy/readers.cedar:2` and `documents.2.name` become `file:line`. */
export function relocate(error: unknown, documents: readonly FileDocument[]): unknown {
  if (!(error instanceof DrawbridgeError) || !error.details.issues) return error;
  const issues = error.details.issues.map((issue): Issue => {
    const place =
      /^(?:(?<kind>[A-Za-z]+)\/(?<name>[a-z0-9-]+)|(?:documents\.)?(?<index>\d+))(?:\.(?<path>.*?))?(?::(?<line>\d+)(?::(?<column>\d+))?)?$/.exec(
        issue.path,
      )?.groups;
    const document =
      place?.index === undefined
        ? documents.find(({ value }) => value.kind === place?.kind && value.name === place?.name)
        : documents[Number(place.index)];
    if (!place || !document) return issue;
    const path = (place.path ?? '')
      .split('.')
      .flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
    const [line, column] = [place.line, place.column].map((text) =>
      text === undefined ? undefined : Number(text),
    );
    const at = document.locate(path, line, column);
    return { path: at, message: path.length === 0 ? issue.message : `${path.join('.')}: ${issue.message}` };
  });
  return new DrawbridgeError(error.code, error.message, { ...error.details, issues });
}

function parseFile(file: string, text: string, issues: Issue[]): FileDocument[] {
  const lines = new LineCounter();
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if ('empty' in parsed) return [];
  const documents: FileDocument[] = [];
  for (const yaml of parsed) {
    for (const problem of yaml.errors) issues.push({ path: at(problem.pos[0]), message: problem.message });
    if (yaml.errors.length > 0) continue;
    const value: unknown = yaml.toJS();
    if (value === null) continue;
    const locate = (path: Path, inner?: number, column?: number) => {
      const start = lines.linePos(offsetOf(yaml, path)).line;
      if (inner === undefined) return `${file}:${start}`;
      const node = yaml.getIn(path, true);
      const block = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
      const line = start + inner - (block ? 0 : 1);
      // The text of a block stands indented.
      const written = isScalar(node) ? String(node.value).split('\n')[inner - 1] : undefined;
      const indent = written ? (text.split('\n')[line - 1]?.indexOf(written) ?? -1) : -1;
      return column === undefined || indent < 0 ? `${file}:${line}` : `${file}:${line}:${column + indent}`;
    };
    if (typeof value !== 'object' || Array.isArray(value))
      issues.push({ path: locate([]), message: 'a document must be a map with kind and name' });
    else documents.push({ value: { ...value }, locate });
  }
  return documents;
}

/** Where a path stands in the text; the nearest parent that is there, since what is missing has no place. */
function offsetOf(yaml: YamlDocument, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = yaml.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return yaml.contents?.range?.[0] ?? yaml.range?.[0] ?? 0;
}

async function fillSecrets(
  document: FileDocument,
  folder: string,
  env: NodeJS.ProcessEnv,
  issues: Issue[],
): Promise<void> {
  const written = document.value as DocumentInput;
  if (written.kind !== 'Resource') return;
  for (const [name, { credential }] of Object.entries(written.profiles)) {
    const secrets = credential as Record<string, unknown>;
    for (const kind of ['password', 'privateKey']) {
      if (!(kind in secrets)) continue;
      const value = await secretValue(secrets[kind] as SecretSource, folder, env);
      if (typeof value === 'string') secrets[kind] = { value };
      else
        issues.push({
          path: document.locate(['profiles', name, 'credential', kind]),
          message: value.problem,
        });
    }
  }
}

async function secretValue(
  source: SecretSource,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<string | { problem: string }> {
  if ('value' in source) return source.value;
  if ('env' in source) {
    const value = env[source.env];
    return value === undefined || value === ''
      ? { problem: `the environment variable ${source.env} is not set` }
      : value;
  }
  try {
    const value = (await readFile(resolve(folder, source.file), 'utf8')).replace(/\r?\n$/, '');
    return value === '' ? { problem: `the file ${source.file} is empty` } : value;
  } catch (error) {
    return { problem: `the file ${source.file} can't be read (${reason(error)})` };
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ClientError('file_unreadable', `${file} can't be read (${reason(error)})`, undefined, {
      cause: error,
    });
  }
}

const reason = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
