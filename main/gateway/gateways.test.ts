import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { SavedState } from '../state/saved-state.ts';
import { memoryFile } from '../test-support/memory-file.ts';
import { Vault } from '../vault.ts';
import { GatewayConnection } from './gateway-connection.ts';
import { Gateways } from './gateways.ts';

function gateways(file = memoryFile(), check: (url: string) => Promise<void> = async () => undefined) {
  let ids = 0;
  const vault = new Vault(memoryFile(), {
    persistent: false,
    backend: '',
    encrypt: (text) => text,
    decrypt: (text) => text,
  });
  return new Gateways({
    saved: new SavedState(file),
    newId: () => `g${++ids}`,
    check,
    changed: () => undefined,
    connect: (profile) =>
      new GatewayConnection({
        profile,
        vault,
        clock: systemClock,
        userAgent: 'test',
        signIn: () => Promise.reject(new Error('no browser')),
        openBrowser: async () => undefined,
        changed: () => undefined,
      }),
  });
}

test('adds a gateway once, in its one spelling, and chooses it', async () => {
  const file = memoryFile();
  const subject = gateways(file);
  await subject.add('gw.example.com/');
  await subject.add('https://gw.example.com', 'Again');
  expect(subject.profiles).toEqual([{ id: 'g1', name: 'gw.example.com', url: 'https://gw.example.com' }]);
  expect(subject.active().profile.id).toBe('g1');
  expect(gateways(file).activeId).toBe('g1');
});

test('calls a gateway as it calls itself, unless the person has named it', async () => {
  const subject = gateways();
  await subject.add('https://one.example');
  await subject.add('https://two.example', 'Mine');
  subject.named('g1', 'Acme');
  subject.named('g2', 'Acme');
  subject.named('g1', 'Renamed');
  expect(subject.profiles.map(({ name }) => name)).toEqual(['Acme', 'Mine']);
});

test('does not add what is no gateway', async () => {
  const subject = gateways(memoryFile(), () => Promise.reject(new Error('no gateway there')));
  await expect(subject.add('https://example.com')).rejects.toThrow('no gateway there');
  await expect(subject.add('http://example.com')).rejects.toMatchObject({ code: 'invalid_gateway_url' });
  expect(subject.profiles).toEqual([]);
  expect(() => subject.active()).toThrow('no gateway is set up yet');
});

test('removing the chosen one chooses another', async () => {
  const subject = gateways();
  await subject.preset('https://one.example');
  await subject.preset('https://two.example');
  expect(subject.activeId).toBe('g2');
  await subject.remove('g2');
  expect(subject.activeId).toBe('g1');
  await subject.remove('g1');
  expect(subject.activeId).toBeUndefined();
});
