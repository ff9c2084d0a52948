import { expect, test } from 'vitest';
import { mayUse } from './permissions.ts';
import { ReloadLimit } from './reload-limit.ts';
import { openingBounds } from './window-bounds.ts';

const laptop = { x: 0, y: 0, width: 1440, height: 900 };
const beside = { x: 1440, y: 0, width: 1920, height: 1080 };
const saved = { x: 1600, y: 100, width: 1200, height: 700, maximized: false };

test('opens where it was', () => {
  expect(openingBounds(saved, [laptop, beside])).toEqual({ x: 1600, y: 100, width: 1200, height: 700 });
});

test('comes back to the screen that is there when the other is gone', () => {
  expect(openingBounds(saved, [laptop])).toEqual({ width: 1200, height: 700 });
  expect(openingBounds({ ...saved, x: -5000 }, [laptop])).toEqual({ width: 1200, height: 700 });
});

test('opens for the first time at most as large as the screen', () => {
  expect(openingBounds(undefined, [{ x: 0, y: 0, width: 1024, height: 700 }])).toEqual({
    width: 1024,
    height: 700,
  });
  expect(openingBounds(undefined, [beside])).toEqual({ width: 1280, height: 800 });
});

test('loads a crashed page again three times a minute', () => {
  let now = 0;
  const limit = new ReloadLimit(() => now);
  expect([limit.mayReload(), limit.mayReload(), limit.mayReload(), limit.mayReload()]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  now = 61_000;
  expect(limit.mayReload()).toBe(true);
});

test.each([
  'media',
  'geolocation',
  'notifications',
  'clipboard-read',
  'openExternal',
  'something-new',
  'constructor',
  '__proto__',
])('grants a page no %s', (permission) => expect(mayUse(permission)).toBe(false));
