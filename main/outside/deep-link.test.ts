import { expect, test } from 'vitest';
import { linkAmong, parseDeepLink } from './deep-link.ts';

const id = 'req_01900000-0000-7000-8000-000000000001';
const held = 'cmd_01900000-0000-7000-8000-000000000001';

test.each([
  ['drawbridge://request/orders-db', { page: 'request', resource: 'orders-db' }],
  [
    'drawbridge://request/orders-db?profile=read',
    { page: 'request', resource: 'orders-db', profile: 'read' },
  ],
  ['drawbridge://request/orders-db/', { page: 'request', resource: 'orders-db' }],
  [`drawbridge://approval/${id}`, { page: 'approval', request: id }],
  [`drawbridge://review/${held}`, { page: 'review', review: held }],
])('%s opens a place', (link, place) => {
  expect(parseDeepLink(link)).toEqual({ type: 'place', place });
});

test.each([
  'drawbridge://approve/req_1',
  `drawbridge://approval/${id}?verdict=approve`,
  'drawbridge://approval/req_1',
  `drawbridge://review/${id}`,
  `drawbridge://review/${held}?verdict=approve`,
  'drawbridge://request/Orders%20DB',
  'drawbridge://request/orders-db/settings',
  'drawbridge://request/orders-db?profile=read&profile=write',
  'drawbridge://request/orders-db?reason=x',
  'drawbridge://request/orders-db?__proto__=x',
  'drawbridge://request/orders-db#x',
  'drawbridge://user@request/orders-db',
  'drawbridge://request/',
  'drawbridge:request/orders-db',
  'https://request/orders-db',
  'javascript:alert(1)',
  `drawbridge://request/${'a'.repeat(600)}`,
])('%s leads nowhere, and says so', (link) => {
  expect(parseDeepLink(link)).toMatchObject({ type: 'invalid' });
});

test('finds the link among arguments', () => {
  expect(linkAmong(['app', '--no-sandbox', 'drawbridge://request/x'])).toBe('drawbridge://request/x');
  expect(linkAmong(['app', '--gateway=https://x'])).toBeUndefined();
});
