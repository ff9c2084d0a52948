import { ClientError } from '../../client-error.ts';

/** Hexadecimal digits of a shown id. The last ones differ; the first are the time and alike for neighbours. */
const SHOWN = 8;

/** `req_9f3a1c2b` for `req_0190…9f3a1c2b`: what people read, and may type. */
export function shortId(id: string): string {
  const at = id.indexOf('_');
  return `${id.slice(0, at + 1)}${id.slice(-SHOWN)}`;
}

export const isFullId = (text: string): boolean =>
  /^[a-z]+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/**
 * The one of `ids` that `text` means: a whole id, or its beginning or end of at least four digits, with or
 * without the prefix.
 * @throws ClientError `ambiguous_id`
 */
export function matchId<I extends string>(text: string, ids: readonly I[]): I | undefined {
  const wanted = text.trim().toLowerCase();
  const exact = ids.find((id) => id === wanted);
  if (exact !== undefined) return exact;
  const digits = (id: string) => id.slice(id.indexOf('_') + 1).replaceAll('-', '');
  const prefix = wanted.includes('_') ? wanted.slice(0, wanted.indexOf('_') + 1) : '';
  const part = digits(wanted);
  if (!/^[0-9a-f]{4,32}$/.test(part)) return undefined;
  const found = ids.filter(
    (id) => id.startsWith(prefix) && (digits(id).startsWith(part) || digits(id).endsWith(part)),
  );
  if (found.length > 1) {
    throw new ClientError(
      'ambiguous_id',
      `${text} fits ${found.length} ids`,
      `Give more of it: ${found
        .slice(0, 4)
        .map((id) => digits(id).slice(-12))
        .join(', ')}`,
    );
  }
  return found[0];
}
