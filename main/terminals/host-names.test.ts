import { expect, it, vi } from 'vitest';
import type { OpenTunnel, TunnelGateway } from '../tunnels/tunnels.ts';
import { HostNames } from './host-names.ts';
import type { ShellHost } from './shell-hosts.ts';

const url = 'https://gate.acme.dev';
const files = { identityFile: 'id', knownHostsFile: 'known', hostKeyAlias: 'drawbridge' };

/** A gateway with one host, one database, and these grants. */
const gatewayWith = (...grants: readonly { resource: string; profile: string; state: string }[]) =>
  ({
    profile: { id: 'acme', url, name: 'acme' },
    view: {
      connection: { status: 'online' },
      resources: [
        { name: 'build-box', protocol: 'ssh' },
        { name: 'orders-db', protocol: 'postgres' },
      ],
      grants,
    },
  }) as unknown as TunnelGateway;

function world(failing: readonly string[] = []) {
  const written: ShellHost[][] = [];
  const log = vi.fn();
  const names = new HostNames({
    tunnels: {
      open: async (_gateway, resource, profile) => {
        if (failing.includes(profile)) throw new Error('its port is taken');
        return { state: { resource, profile, host: '127.0.0.1', port: 40_022 } } as OpenTunnel;
      },
    },
    keys: { files: () => files },
    shellHosts: (gateway) => ({
      write: async (hosts) => {
        expect(gateway).toBe(url);
        written.push([...hosts]);
      },
      environment: async (path) => ({ PATH: `/ours:${path}` }),
    }),
    log,
  });
  return { names, written, log };
}

it('names the hosts that there is access to now, and no databases', async () => {
  const { names, written } = world();
  const gateway = gatewayWith(
    { resource: 'build-box', profile: 'shell', state: 'active' },
    { resource: 'build-box', profile: 'files', state: 'expired' },
    { resource: 'orders-db', profile: 'read', state: 'active' },
  );
  expect(await names.environment(gateway, '/usr/bin')).toEqual({ PATH: '/ours:/usr/bin' });
  expect(written.map((hosts) => hosts.map(({ resource, profile }) => `${profile}.${resource}`))).toEqual([
    ['shell.build-box'],
  ]);
});

it('names the others where one tunnel can not be opened, and says so in the log', async () => {
  const { names, written, log } = world(['files']);
  const gateway = gatewayWith(
    { resource: 'build-box', profile: 'files', state: 'approved' },
    { resource: 'build-box', profile: 'shell', state: 'approved' },
  );
  await names.write(gateway);
  expect(written[0]?.map(({ profile }) => profile)).toEqual(['shell']);
  expect(log).toHaveBeenCalledWith('a host has no tunnel', expect.any(Error));
});
