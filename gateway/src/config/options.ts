import { z } from 'zod';

/** One option of the configuration: where it stands, and what its environment variable is called. */
export interface Option {
  readonly path: readonly string[];
  readonly variable: string;
  /** The value that the text of the environment variable stands for. */
  readonly fromText: (text: string) => unknown;
}

/** Every option that an environment variable can set: those that hold one value or a list of texts. */
export function listOptions(schema: z.ZodType, path: readonly string[] = []): Option[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, part]) =>
      listOptions(part as z.ZodType, [...path, key]),
    );
  }
  // The variable of `masterKey` holds the key itself and not a setting: the keyring reads it.
  if (path.length === 1 && path[0] === 'masterKey') return [];
  // A map, and a list of sections, have no text of their own.
  if (inner instanceof z.ZodRecord) return [];
  if (inner instanceof z.ZodArray && unwrap(inner.element as z.ZodType) instanceof z.ZodObject) return [];
  return [{ path, variable: variableOf(path), fromText: textReader(inner) }];
}

/** `identity.clientSecret` is `DRAWBRIDGE_IDENTITY_CLIENT_SECRET`. */
function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return `DRAWBRIDGE_${words.join('_')}`;
}

function textReader(schema: z.ZodType): (text: string) => unknown {
  // What is no number or boolean is left as text, for the schema to refuse.
  if (schema instanceof z.ZodNumber) return (text) => (/^\d+$/.test(text) ? Number(text) : text);
  if (schema instanceof z.ZodBoolean)
    return (text) => (text === 'true' ? true : text === 'false' ? false : text);
  if (schema instanceof z.ZodArray)
    return (text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean);
  // The only other choice there is: a secret.
  if (schema instanceof z.ZodUnion) return (text) => ({ value: text });
  return (text) => text;
}

/** The names that are valid at a place of the configuration; empty where there are none. */
export function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && path.length > 0)
    return namesAt(inner.element as z.ZodType, path.slice(1));
  if (!(inner instanceof z.ZodObject)) return [];
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(inner.shape);
  const part: unknown = inner.shape[String(key)];
  return part instanceof z.ZodType ? namesAt(part, rest) : [];
}

/** What stands under defaults, options and transforms. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional)
    return unwrap(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType);
  return schema;
}
