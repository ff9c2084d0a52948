import { DrawbridgeError } from '@drawbridge/contract';
import {
  ClientError,
  type ClientKeys,
  type ConnectionEvent,
  connectionSettings,
  type openTunnel,
  type Tunnel,
} from '@drawbridge/gateway-client';
import { AppError } from '../app-error.ts';
import { type MainClock, timestamp } from '../clock.ts';
import type { GatewayConnection } from '../gateway/gateway-connection.ts';
import { usableGrant } from '../gateway/gateway-view.ts';
import type { TunnelState } from '../ipc/app-state.ts';
import { type PortBook, portKey } from './port-book.ts';

/** How long connections may take to hear from the gateway why they end, in milliseconds. */
const FAREWELL = 1_500;

export type TunnelGateway = Pick<GatewayConnection, 'profile' | 'view' | 'tunnelTokens' | 'noticeFailure'>;

export interface TunnelsParts {
  readonly open: typeof openTunnel;
  /** The keys by which SSH clients of this computer are known. */
  readonly keys: Pick<ClientKeys, 'key' | 'trust'>;
  readonly ports: PortBook;
  readonly clock: MainClock;
  readonly newId: () => string;
  readonly changed: () => void;
}

/** An open tunnel with what only main may know. */
export interface OpenTunnel {
  readonly gateway: string;
  readonly state: TunnelState;
  readonly tunnel: Tunnel;
}

interface Entry {
  readonly gateway: TunnelGateway;
  state: TunnelState;
  readonly tunnel: Tunnel;
  ending: boolean;
}

/** The tunnels of all gateways. They live here, not in the window, and end with their grant or the app. */
export class Tunnels {
  readonly #parts: TunnelsParts;
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<OpenTunnel>>();

  constructor(parts: TunnelsParts) {
    this.#parts = parts;
  }

  /** Those of one gateway, as the window sees them. */
  of(gateway: string): TunnelState[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.gateway.profile.id === gateway)
      .map(({ state }) => state);
  }

  get all(): OpenTunnel[] {
    return [...this.#entries.values()].map(({ gateway, state, tunnel }) => ({
      gateway: gateway.profile.id,
      state,
      tunnel,
    }));
  }

  /** @throws AppError `not_found` */
  get(id: string): OpenTunnel {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new AppError('not_found', 'this tunnel is closed', 'Connect again to open a new one.');
    return { gateway: entry.gateway.profile.id, state: entry.state, tunnel: entry.tunnel };
  }

  /**
   * Opens the tunnel of a resource and profile, or finds the open one.
   * @throws DrawbridgeError `access_needed`, `not_found`; AppError `port_in_use`
   */
  open(gateway: TunnelGateway, resource: string, profile: string): Promise<OpenTunnel> {
    const found = this.#find(gateway.profile.id, resource, profile);
    if (found !== undefined) return Promise.resolve(this.get(found));
    const key = `${gateway.profile.id}/${portKey(resource, profile)}`;
    const opening =
      this.#opening.get(key) ??
      this.#open(gateway, resource, profile).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async close(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    await entry.tunnel.close();
    this.#parts.changed();
  }

  /** Moves a resource to another local port; an open tunnel moves with it, which ends its connections. */
  async setPort(gateway: TunnelGateway, resource: string, profile: string, port: number): Promise<void> {
    const key = portKey(resource, profile);
    const found = this.#find(gateway.profile.id, resource, profile);
    if (found !== undefined && this.get(found).state.port === port) return;
    if (found === undefined) {
      this.#parts.ports.set(gateway.profile.id, key, port);
      return this.#parts.changed();
    }
    const opened = await this.#listen(gateway, resource, profile, port);
    try {
      this.#parts.ports.set(gateway.profile.id, key, port);
    } catch (error) {
      await this.close(opened.state.id);
      throw error;
    }
    await this.close(found);
  }

  /** The grant is over: its tunnels close once their connections have heard so. */
  grantEnded(grantId: string): void {
    for (const [id, entry] of this.#entries) {
      if (entry.state.grantId !== grantId || entry.ending) continue;
      entry.ending = true;
      if (entry.state.connections === 0) void this.close(id);
      else this.#parts.clock.after(FAREWELL, () => void this.close(id));
    }
  }

  /** Closes those of one gateway, or all. */
  async closeAll(gateway?: string): Promise<void> {
    const ids = [...this.#entries].filter(
      ([, entry]) => gateway === undefined || entry.gateway.profile.id === gateway,
    );
    await Promise.all(ids.map(([id]) => this.close(id)));
  }

  #find(gateway: string, resource: string, profile: string): string | undefined {
    for (const [id, { state, gateway: owner, ending }] of this.#entries) {
      if (!ending && owner.profile.id === gateway && state.resource === resource && state.profile === profile)
        return id;
    }
    return undefined;
  }

  async #open(gateway: TunnelGateway, resource: string, profile: string): Promise<OpenTunnel> {
    const port = await this.#parts.ports.portOf(gateway.profile.id, portKey(resource, profile));
    return this.#listen(gateway, resource, profile, port);
  }

  async #listen(
    gateway: TunnelGateway,
    resource: string,
    profile: string,
    port: number,
  ): Promise<OpenTunnel> {
    const known = gateway.view.resources?.find(({ name }) => name === resource);
    if (known === undefined)
      throw new DrawbridgeError('not_found', `there is no resource ${resource} for you here`);
    const grant = usableGrant(gateway.view, resource, profile);
    if (grant === undefined) {
      throw new DrawbridgeError('access_needed', `you have no access to ${resource}, ${profile} now`, {
        hint: 'Request access first.',
      });
    }
    const key = known.protocol === 'ssh' ? await this.#clientKey(gateway) : undefined;
    const id = this.#parts.newId();
    const tunnel = await this.#parts
      .open({
        gateway: gateway.profile.url,
        tokens: gateway.tunnelTokens,
        resource,
        protocol: known.protocol,
        profile,
        port,
        ...(known.database === undefined ? {} : { database: known.database }),
        ...(key === undefined ? {} : { clientKey: key.publicKey, ssh: key }),
        onConnection: (event) => this.#onConnection(id, gateway, event),
      })
      .catch((error: unknown) => {
        if (!(error instanceof ClientError) || error.code !== 'port_in_use') throw error;
        throw new AppError(
          'port_in_use',
          `port ${port} on this computer is used by another program`,
          `Close it, or give ${resource} another port.`,
          { cause: error },
        );
      });
    const state: TunnelState = {
      id,
      resource,
      profile,
      grantId: grant.id,
      host: tunnel.host,
      port: tunnel.port,
      user: tunnel.user,
      database: tunnel.database,
      connections: 0,
      openedAt: timestamp(this.#parts.clock),
      ...(key === undefined
        ? {}
        : { ssh: { identityFile: key.identityFile, command: connectionSettings(tunnel).command } }),
    };
    this.#entries.set(id, { gateway, state, tunnel, ending: false });
    this.#parts.changed();
    return this.get(id);
  }

  /** The key of this computer and sign-in; what it is shown to has to have the gateway's own. */
  async #clientKey({ profile, view }: TunnelGateway): Promise<Awaited<ReturnType<ClientKeys['key']>>> {
    if (view.me === undefined) throw new AppError('no_gateway', 'the gateway has not said yet who it is');
    const key = await this.#parts.keys.key(profile.url);
    await this.#parts.keys.trust(profile.url, view.me.gateway.sshHostKey);
    return key;
  }

  #onConnection(id: string, gateway: TunnelGateway, event: ConnectionEvent): void {
    if (event.type === 'refused') {
      gateway.noticeFailure(event.error);
      return;
    }
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.state = { ...entry.state, connections: event.live };
    if (entry.ending && event.live === 0) void this.close(id);
    else this.#parts.changed();
  }
}
