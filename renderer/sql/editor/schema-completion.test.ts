import { expect, it } from 'vitest';
import { namespace } from './schema-completion.ts';

it('offers columns with their types under their table, and says which are masked', () => {
  const column = { name: 'email', type: 'text', key: false, masked: true };
  // A table may be called anything.
  const tables = [{ schema: 'public', name: '__proto__', kind: 'table' as const, columns: [column] }];
  expect(JSON.stringify(namespace(tables))).toBe(
    '{"public":{"__proto__":[{"label":"email","type":"property","detail":"text, masked","boost":1}]}}',
  );
});
