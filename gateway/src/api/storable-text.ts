/**
 * Whether PostgreSQL can store every text in a parsed body or query: it has no U+0000 and no half of a surrogate
 * pair. Walks without recursion, since a hostile body may be nested deeper than the stack.
 */
export function isStorable(value: unknown): boolean {
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') {
      if (!isStorableText(next)) return false;
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, inner] of Object.entries(next)) {
        if (!isStorableText(key)) return false;
        if (inner !== undefined && inner !== null) open.push(inner);
      }
    }
  }
  return true;
}

const isStorableText = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);
