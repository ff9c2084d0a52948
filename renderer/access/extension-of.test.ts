import { expect, it } from 'vitest';
import { at, grant, request } from '../test-support/objects.ts';
import { extensionOf } from './extension-of.ts';

const running = grant(1, { state: 'active', expiresAt: at(10) });
const more = (number: number, rest: Parameters<typeof request>[1] = {}) =>
  request(number, { extends: running.id, ...rest });

it('is the latest request for more time', () => {
  const first = more(1, { state: 'denied', createdAt: at(-9) });
  const second = more(2, { createdAt: at(-1) });
  expect(extensionOf(running, [first, second, request(3)])).toBe(second);
  expect(extensionOf(running, [first])).toBe(first);
  expect(extensionOf(running, [request(3)])).toBeUndefined();
});

it('is silent once it was withdrawn', () => {
  expect(extensionOf(running, [more(1, { state: 'cancelled' })])).toBeUndefined();
});
