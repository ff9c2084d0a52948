import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { listOptions, namesAt } from './options.ts';
import { type ConfigSchema, configSchema } from './schema.ts';
import type { Surroundings } from './secret-source.ts';
import { isLoopback } from './web-address.ts';

type Parsed = z.output<ConfigSchema>;

/** Everything the gateway is told at start. Paths are absolute, durations seconds; frozen. */
export interface Config extends Readonly<Omit<Parsed, 'name' | 'publicUrl' | 'masterKey' | 'recording'>> {
  /** What people see this gateway called. */
  readonly name: string;
  /** Where clients reach it: scheme, host, port; no slash at the end. */
  readonly publicUrl: string;
  /** Where the master keys are. */
  readonly masterKey: { readonly env: string } | { readonly file: string };
  readonly recording: { readonly dir: string };
}

/** The environment variable that holds the master keys where the configuration names no other place. */
export const MASTER_KEY_VARIABLE = 'DRAWBRIDGE_MASTER_KEY';

/** How far off a name may be to be taken for a slip of the pen. */
const NEAR = 3;

/**
 * Reads `gateway.yaml` (none: only the environment) and what `DRAWBRIDGE_…` variables set above it.
 * @throws ConfigError that lists everything that is wrong.
 */
export function loadConfig(file: string | undefined, env: Surroundings['env']): Config {
  const source = file === undefined ? 'The configuration from the environment' : resolve(file);
  const surroundings: Surroundings = {
    env,
    folder: file === undefined ? process.cwd() : dirname(resolve(file)),
  };
  const written = file === undefined ? { value: {}, lineOf: () => undefined } : readYaml(resolve(file));

  const schema = configSchema(surroundings);
  const { value, setBy, problems } = applyEnvironment(schema, written.value, env);
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) {
    const from = (path: readonly PropertyKey[]) => setBy.get(path.join('.')) ?? written.lineOf(path);
    problems.push(...result.error.issues.flatMap((issue) => explain(issue, schema, from)));
  }
  if (!result.success || problems.length > 0) throw new ConfigError(source, problems);
  return settle(result.data, source, env);
}

interface Written {
  readonly value: Record<string, unknown>;
  readonly lineOf: (path: readonly PropertyKey[]) => string | undefined;
}

function readYaml(file: string): Written {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(file, [{ path: '', reason: `the file can't be read (${code})` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `line ${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: '',
      reason: `${at(error.pos[0])}: ${error.message}`,
    }));
    throw new ConfigError(file, problems);
  }
  const value: unknown = document.toJS() ?? {};
  if (!isRecord(value))
    throw new ConfigError(file, [{ path: '', reason: 'must hold options, like "publicUrl: https://…"' }]);
  const lineOf = (path: readonly PropertyKey[]) => {
    const node: unknown = document.getIn([...path], true);
    const range = isRecord(node) ? node.range : undefined;
    return Array.isArray(range) ? at(Number(range[0])) : undefined;
  };
  return { value, lineOf };
}

function applyEnvironment(schema: ConfigSchema, written: Record<string, unknown>, env: Surroundings['env']) {
  const value = structuredClone(written);
  const setBy = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  const options = listOptions(schema);
  for (const { path, variable, fromText } of options) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    place(value, path, fromText(text));
    setBy.set(path.join('.'), variable);
  }
  const known = [...options.map((option) => option.variable), MASTER_KEY_VARIABLE];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('DRAWBRIDGE_') || known.includes(name)) continue;
    const nearest = closest(name, known);
    // Other parts and secrets have such variables too: only what looks like a slip is refused.
    if (distance(name, nearest) < NEAR)
      problems.push({ path: name, reason: 'is no environment variable of the gateway', nearest });
  }
  return { value, setBy, problems };
}

function place(value: Record<string, unknown>, path: readonly string[], leaf: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    value[key] = leaf;
    return;
  }
  const part = value[key];
  const inner: Record<string, unknown> = isRecord(part) ? part : {};
  value[key] = inner;
  place(inner, rest, leaf);
}

type Issue = z.core.$ZodIssue;

function explain(
  issue: Issue,
  schema: ConfigSchema,
  from: (path: readonly PropertyKey[]) => string | undefined,
): ConfigProblem[] {
  const problem = (path: readonly PropertyKey[], reason: string, nearest?: string): ConfigProblem => {
    const origin = from(path);
    return {
      path: path.join('.'),
      reason,
      ...(origin === undefined ? {} : { from: origin }),
      ...(nearest === undefined ? {} : { nearest }),
    };
  };
  if (issue.code === 'unrecognized_keys') {
    const valid = namesAt(schema, issue.path);
    return issue.keys.map((key) => {
      const near = valid.length > 0 ? closest(key, valid) : undefined;
      const nearest = near === undefined ? undefined : [...issue.path, near].join('.');
      return problem([...issue.path, key], `is no option${valid.length > 0 ? '' : ' here'}`, nearest);
    });
  }
  if (issue.code === 'invalid_value') {
    const valid = issue.values.map(String);
    const given = typeof issue.input === 'string' ? issue.input : undefined;
    return [
      problem(
        issue.path,
        `must be one of ${valid.join(', ')}`,
        given === undefined ? undefined : closest(given, valid),
      ),
    ];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined)
    return [problem(issue.path, `is needed (${issue.expected})`)];
  return [problem(issue.path, issue.message)];
}

/** Settles what depends on several options. */
function settle(parsed: Parsed, source: string, env: Surroundings['env']): Config {
  const { host, port } = parsed.listen;
  const publicUrl = parsed.publicUrl ?? ownAddress(parsed);
  if (publicUrl === undefined) {
    const why =
      port === 0 ? 'listen.port is chosen at start' : `listen.host ${host} is not this machine alone`;
    throw new ConfigError(source, [
      { path: 'publicUrl', reason: `is needed, since ${why}: the address that clients use` },
    ]);
  }
  const masterKey =
    parsed.masterKey ??
    (env[MASTER_KEY_VARIABLE] ? { env: MASTER_KEY_VARIABLE } : { file: join(parsed.data, 'master.key') });
  const config: Config = {
    ...parsed,
    name: parsed.name ?? new URL(publicUrl).hostname,
    publicUrl,
    masterKey,
    recording: { dir: parsed.recording.dir ?? join(parsed.data, 'recordings') },
  };
  return deepFreeze(config);
}

function ownAddress({ listen, tls }: Parsed): string | undefined {
  if (listen.port === 0 || !isLoopback(listen.host)) return undefined;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${tls ? 'https' : 'http'}://${host}:${listen.port}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
