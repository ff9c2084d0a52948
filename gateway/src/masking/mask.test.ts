import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AS_NULL, createMask, MOST_GROWTH, type ValueMask } from './mask.ts';

const apply = (mask: ValueMask, value: string | Buffer): string | null => {
  const from = Buffer.from(value as string);
  const to = Buffer.alloc(from.length + MOST_GROWTH);
  const length = mask(from, 0, from.length, to, 0);
  return length === AS_NULL ? null : to.toString('utf8', 0, length);
};

const text = { text: true };
const key = Buffer.alloc(32, 7);

describe('masks of text', () => {
  it('full says nothing about the value, not even its length', () => {
    const mask = createMask('full', text);
    expect(apply(mask, '')).toBe('••••••');
    expect(apply(mask, 'a long value indeed')).toBe('••••••');
  });

  it.each([
    ['4111 1111 1111 4417', '•••• •••• •••• 4417'],
    ['4111-1111-1111-4417', '••••-••••-••••-4417'],
    ['4111111111114417', '••••••••••••4417'],
    ['378282246310005', '•••••••••••0005'],
    ['123-45-6789', '••••••6789'],
    ['+49 30 1234567', '••••••4567'],
    ['Ünïcödé nämé', '••••••nämé'],
    ['12345678', '••••••5678'],
    ['1234567', '••••••'],
    ['äöüäöüä', '••••••'],
    ['', '••••••'],
    ['4417     ', '••••••'],
    ['123456789   ', '••••••6789'],
    ['4111  1111 1111 4417', '••••••4417'],
  ])('last4 of %j is %j', (value, masked) => expect(apply(createMask('last4', text), value)).toBe(masked));

  it.each([
    ['alice@example.com', '••••••@example.com'],
    ['alice@bücher.example', '••••••@bücher.example'],
    ['a@b@example.com', '••••••@example.com'],
    ['no address', '••••••'],
    ['alice@', '••••••'],
    ['@', '••••••'],
    ['alice@example.com, ssn 123-45-6789', '••••••'],
    ['alice@example.com ', '••••••@example.com'],
  ])('email of %j is %j', (value, masked) => expect(apply(createMask('email', text), value)).toBe(masked));

  it('hash keeps equality under one key and nothing across keys', () => {
    const mask = createMask('hash', { text: true, hashKey: key });
    expect(apply(mask, '123-45-6789')).toMatch(/^[0-9a-f]{20}$/);
    expect(apply(mask, '123-45-6789')).toBe(apply(mask, '123-45-6789'));
    expect(apply(mask, '123-45-6780')).not.toBe(apply(mask, '123-45-6789'));
    const other = createMask('hash', { text: true, hashKey: Buffer.alloc(32, 8) });
    expect(apply(other, '123-45-6789')).not.toBe(apply(mask, '123-45-6789'));
  });

  it('hash without a key hides everything', () =>
    expect(apply(createMask('hash', text), '123-45-6789')).toBe('••••••'));

  it('null is NULL', () => expect(apply(createMask('null', text), 'x')).toBeNull());
});

it('everything that is not text becomes NULL', () => {
  for (const kind of ['full', 'last4', 'email', 'hash', 'null'] as const) {
    expect(apply(createMask(kind, { text: false, hashKey: key }), '12345678901')).toBeNull();
  }
});

it('any bytes give valid bytes within the promised growth', () => {
  const kinds = fc.constantFrom('full', 'last4', 'email', 'hash', 'null');
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.stringMatching(/^[0-9 -]{0,30}$/).map((each) => Buffer.from(each)),
  );
  fc.assert(
    fc.property(kinds, value, (kind, bytes) => {
      const from = Buffer.from(bytes);
      const to = Buffer.alloc(from.length + MOST_GROWTH + 1, 0xee);
      const length = createMask(kind as 'full', { text: true, hashKey: key })(from, 0, from.length, to, 0);
      expect(length).toBeLessThanOrEqual(from.length + MOST_GROWTH);
      expect(to.at(-1)).toBe(0xee);
    }),
  );
});

it('last4 never shows more than four characters of the value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), (value) => {
      const masked = apply(createMask('last4', text), value) ?? '';
      const shown = masked.replaceAll('•', '').replaceAll(/^[ -]*(?=.{4}$)/g, '');
      const card = /^[0-9 -]*$/.test(value.trimEnd());
      if (!card) expect([...shown].length).toBeLessThanOrEqual(4);
      else expect(shown.replaceAll(/[ -]/g, '').length).toBeLessThanOrEqual(4);
    }),
  );
});
