import { expect, it } from 'vitest';
import { linkAddress } from './link-address.ts';

it('says who would be asked, as a browser would look it up', () => {
  expect(linkAddress('https://example.com:8443/a?b#c')).toEqual({
    host: 'example.com:8443',
    href: 'https://example.com:8443/a?b#c',
  });
  expect(linkAddress('https://gate.acme.dev@evil.example/')?.host).toBe('evil.example');
  expect(linkAddress('https://\u0430cme.dev/')?.host).toBe('xn--cme-5cd.dev');
});

it('knows no other schemes than the web', () => {
  for (const text of [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'drawbridge://request/x',
    'no address',
    '',
  ])
    expect(linkAddress(text)).toBeUndefined();
  expect(linkAddress(`https://example.com/${'x'.repeat(5000)}`)).toBeUndefined();
});
