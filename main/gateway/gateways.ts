import { gatewayUrl } from '@drawbridge/gateway-client';
import { AppError } from '../app-error.ts';
import type { GatewayProfile } from '../ipc/app-state.ts';
import type { SavedState } from '../state/saved-state.ts';
import type { GatewayConnection } from './gateway-connection.ts';

export interface GatewaysParts {
  readonly saved: SavedState;
  readonly newId: () => string;
  readonly connect: (profile: GatewayProfile) => GatewayConnection;
  /** Throws when nothing that can be used is at the address. */
  readonly check: (url: string) => Promise<void>;
  /** Told when profiles or the choice changed. */
  readonly changed: () => void;
}

/** The gateway profiles. Each with a sign-in is followed; one of them is what the window shows. */
export class Gateways {
  readonly #parts: GatewaysParts;
  readonly #connections = new Map<string, GatewayConnection>();

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  get profiles(): readonly GatewayProfile[] {
    return this.#parts.saved.gateways;
  }

  get activeId(): string | undefined {
    const { activeGateway } = this.#parts.saved;
    return this.profiles.some(({ id }) => id === activeGateway) ? activeGateway : this.profiles[0]?.id;
  }

  get connections(): Iterable<GatewayConnection> {
    return this.#connections.values();
  }

  connection(id: string): GatewayConnection {
    const connection = this.#connections.get(id);
    if (connection === undefined) throw new AppError('not_found', 'this gateway is not set up here any more');
    return connection;
  }

  /** The one that the window shows. @throws AppError `no_gateway` */
  active(): GatewayConnection {
    const id = this.activeId;
    if (id === undefined)
      throw new AppError('no_gateway', 'no gateway is set up yet', 'Add the address of your gateway first.');
    return this.connection(id);
  }

  async start(): Promise<void> {
    await Promise.all(this.profiles.map((profile) => this.#connect(profile)));
    this.#parts.changed();
  }

  /** Adds a gateway and chooses it; one that is there already is only chosen. */
  async add(address: string, name?: string): Promise<void> {
    const url = gatewayUrl(address);
    const known = this.profiles.find((profile) => profile.url === url);
    if (known === undefined) await this.#parts.check(url);
    await this.#keep(url, name);
  }

  /** As `add`, without asking the gateway whether it is one: for `--gateway` and the environment. */
  async preset(address: string): Promise<void> {
    await this.#keep(gatewayUrl(address), undefined);
  }

  select(id: string): void {
    this.connection(id);
    this.#parts.saved.activeGateway = id;
    this.#parts.changed();
  }

  /** Takes over what a gateway calls itself, where the person gave it no name. */
  named(id: string, name: string): void {
    const profile = this.profiles.find((candidate) => candidate.id === id);
    if (profile === undefined || profile.name !== new URL(profile.url).host || profile.name === name) return;
    this.#parts.saved.gateways = this.profiles.map((other) => (other.id === id ? { ...other, name } : other));
    this.#parts.changed();
  }

  /** Forgets a gateway and its sign-in. */
  async remove(id: string): Promise<void> {
    const connection = this.connection(id);
    // Best effort: a gateway that is gone must be removable.
    await connection.signOut().catch(() => undefined);
    connection.stop();
    this.#connections.delete(id);
    this.#parts.saved.gateways = this.profiles.filter((profile) => profile.id !== id);
    this.#parts.saved.forgetGateway(id);
    this.#parts.saved.activeGateway = this.activeId;
    this.#parts.changed();
  }

  stop(): void {
    for (const connection of this.#connections.values()) connection.stop();
  }

  async #keep(url: string, name: string | undefined): Promise<void> {
    let profile = this.profiles.find((candidate) => candidate.url === url);
    if (profile === undefined) {
      const given = name?.trim() ?? '';
      profile = { id: this.#parts.newId(), name: given === '' ? new URL(url).host : given, url };
      this.#parts.saved.gateways = [...this.profiles, profile];
    }
    if (!this.#connections.has(profile.id)) await this.#connect(profile);
    this.select(profile.id);
  }

  async #connect(profile: GatewayProfile): Promise<void> {
    const connection = this.#parts.connect(profile);
    this.#connections.set(profile.id, connection);
    await connection.start();
  }
}
