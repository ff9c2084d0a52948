import { expect, test } from 'vitest';
import { parseDocuments } from './parse-documents.ts';

const rule = (pattern: string) => ({
  kind: 'DataRule',
  name: 'pii',
  resources: { names: ['build-box'] },
  text: [
    { detect: 'card', mask: 'full' },
    { pattern, mask: 'full' },
  ],
});

test('a pattern that RE2 does not take is refused where it stands', () => {
  expect(parseDocuments([rule('EMP-\\d{6}')]).issues).toEqual([]);
  expect(parseDocuments([rule('a(?=b)')]).issues).toEqual([
    { path: 'DataRule/pii.text.1.pattern', message: expect.stringContaining('RE2') },
  ]);
});
