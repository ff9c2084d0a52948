import type { AccessScope, Protocol } from '@drawbridge/contract';

/** What somebody wrote to narrow a request down. */
export type ScopeReading =
  /** Nothing: as much as the profile allows. */
  | { readonly kind: 'none' }
  | { readonly kind: 'scope'; readonly scope: AccessScope }
  | { readonly kind: 'wrong'; readonly problem: string };

const TABLE = /^[^.*\s]+\.(?:\*|[^.*\s]+)$/;
const MOST = 100;
const LONGEST = 200;

/** Tables or commands, one a line or with commas between. A table without a schema is one of `public`. */
export function readScope(protocol: Protocol, text: string): ScopeReading {
  const items = [
    ...new Set(
      text
        .split(/[\n,]/)
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ),
  ];
  if (items.length === 0) return { kind: 'none' };
  if (items.length > MOST) return { kind: 'wrong', problem: `At most ${MOST} of them.` };
  const long = items.find((item) => item.length > LONGEST);
  if (long !== undefined) return { kind: 'wrong', problem: `${long.slice(0, 40)}… is too long.` };
  switch (protocol) {
    case 'postgres': {
      const tables = items.map((item) => (item.includes('.') ? item : `public.${item}`));
      const wrong = tables.find((table) => !TABLE.test(table));
      return wrong === undefined
        ? { kind: 'scope', scope: { tables } }
        : { kind: 'wrong', problem: `${wrong} is no table: write schema.table or schema.*` };
    }
    case 'ssh': {
      const wrong = items.find((item) => /\s/.test(item));
      return wrong === undefined
        ? { kind: 'scope', scope: { commands: items } }
        : { kind: 'wrong', problem: `${wrong} is more than a program: leave its arguments out.` };
    }
    default:
      return protocol satisfies never;
  }
}
