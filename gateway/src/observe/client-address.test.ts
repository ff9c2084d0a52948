import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { createClientAddress } from './client-address.ts';

const from = (remoteAddress: string, forwardedFor?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  }) as unknown as IncomingMessage;

it('believes nobody about where they come from, unless told to', () => {
  const address = createClientAddress([]);
  expect(address(from('127.0.0.1', '192.0.2.7'))).toBe('127.0.0.1');
});

it('believes the proxies that are named, and what is behind them no further', () => {
  const address = createClientAddress(['127.0.0.1', '10.0.0.0/8']);
  expect(address(from('127.0.0.1', '192.0.2.7'))).toBe('192.0.2.7');
  expect(address(from('127.0.0.1', '203.0.113.1, 192.0.2.7, 10.1.2.3'))).toBe('192.0.2.7');
  expect(address(from('192.0.2.9', '203.0.113.1'))).toBe('192.0.2.9');
  expect(address(from('127.0.0.1'))).toBe('127.0.0.1');
});

it('takes nothing for an address that is none', () => {
  const address = createClientAddress(['127.0.0.1']);
  expect(address(from('127.0.0.1', 'unknown'))).toBe('127.0.0.1');
  expect(address(from('127.0.0.1', '<script>'))).toBe('127.0.0.1');
});

it('refuses a proxy that is no address and no network', () => {
  expect(() => createClientAddress(['proxy.internal'])).toThrow(TypeError);
});
