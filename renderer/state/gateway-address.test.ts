import { describe, expect, it } from 'vitest';
import { hostOf, readGatewayAddress } from './gateway-address.ts';

describe('readGatewayAddress', () => {
  it.each([
    ['gate.acme.dev', 'https://gate.acme.dev'],
    [' https://gate.acme.dev/ ', 'https://gate.acme.dev'],
    ['gate.acme.dev:8443', 'https://gate.acme.dev:8443'],
    ['https://acme.dev/drawbridge', 'https://acme.dev/drawbridge'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('reads %s', (text, url) => {
    expect(readGatewayAddress(text)).toBe(url);
  });
  it.each([
    '',
    'http://gate.acme.dev',
    'file:///etc/passwd',
    'javascript://x',
    'https://user:pw@gate.acme.dev',
    'two words',
    'http://localhost.evil.dev',
  ])('refuses %j', (text) => {
    expect(readGatewayAddress(text)).toBeUndefined();
  });
});

it('shows the host, with a port that isn’t the usual one', () => {
  expect(hostOf('https://gate.acme.dev/x')).toBe('gate.acme.dev');
  expect(hostOf('http://127.0.0.1:8080')).toBe('127.0.0.1:8080');
});
