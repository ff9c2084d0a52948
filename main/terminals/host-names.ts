import type { ClientKeys } from '@drawbridge/gateway-client';
import { isUsable } from '../gateway/gateway-view.ts';
import type { TunnelGateway, Tunnels } from '../tunnels/tunnels.ts';
import type { ShellHost, ShellHosts } from './shell-hosts.ts';

export interface HostNamesParts {
  readonly tunnels: Pick<Tunnels, 'open'>;
  readonly keys: Pick<ClientKeys, 'files'>;
  /** Of a gateway, by its address. */
  readonly shellHosts: (gateway: string) => Pick<ShellHosts, 'write' | 'environment'>;
  readonly log: (message: string, error: unknown) => void;
}

/**
 * Names the hosts that a person has access to for the shells on their computer. What goes wrong is logged: a shell that
 * knows no hosts is a shell still.
 */
export class HostNames {
  readonly #parts: HostNamesParts;

  constructor(parts: HostNamesParts) {
    this.#parts = parts;
  }

  /** What a new shell needs in its environment, once the hosts of now are written down. */
  async environment(gateway: TunnelGateway, path: string): Promise<Record<string, string>> {
    await this.write(gateway);
    try {
      return await this.#parts.shellHosts(gateway.profile.url).environment(path);
    } catch (error) {
      this.#parts.log('hosts could not be named to a shell', error);
      return {};
    }
  }

  /** To be called again when grants changed while a shell runs. */
  async write(gateway: TunnelGateway): Promise<void> {
    const { keys, log, shellHosts } = this.#parts;
    const { url } = gateway.profile;
    try {
      await shellHosts(url).write(await this.#open(gateway), keys.files(url));
    } catch (error) {
      log('hosts could not be written down', error);
    }
  }

  /** Opens a tunnel for every usable grant of a host. No grant's clock runs before somebody signs in through one. */
  async #open(gateway: TunnelGateway): Promise<ShellHost[]> {
    const { resources = [], grants = [] } = gateway.view;
    const isHost = (name: string) => resources.some((each) => each.name === name && each.protocol === 'ssh');
    const usable = grants.filter((grant) => isUsable(grant) && isHost(grant.resource));
    const opened = await Promise.allSettled(
      usable.map(({ resource, profile }) => this.#parts.tunnels.open(gateway, resource, profile)),
    );
    // One that can't be opened now, because its port is taken, must not keep the others from being named.
    for (const result of opened)
      if (result.status === 'rejected') this.#parts.log('a host has no tunnel', result.reason);
    return opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value.state] : []));
  }
}
