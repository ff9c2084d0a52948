import type { Grant } from '@drawbridge/contract';
import {
  AccessTokens,
  ApiClient,
  openTunnel,
  type StoredSignIn,
  signIn,
  type TokenStore,
  type Tunnel,
} from '@drawbridge/gateway-client';
import pg from 'pg';
import { driveSignIn } from '../../demo/drive-sign-in.ts';

/** Somebody signed in at a gateway through its real pages, with gateway-client in this process. */
export class SignedIn {
  readonly name: string;
  readonly gateway: string;
  readonly tokens: AccessTokens;
  readonly api: ApiClient;
  readonly #leaving: (() => Promise<unknown>)[] = [];

  private constructor(name: string, gateway: string, store: TokenStore) {
    this.name = name;
    this.gateway = gateway;
    this.tokens = new AccessTokens({ gateway, store });
    this.api = new ApiClient({ gateway, tokens: this.tokens, userAgent: 'drawbridge-test' });
  }

  static async at(gateway: string, name: string): Promise<SignedIn> {
    const signedIn = await signIn({ gateway, openBrowser: (url) => driveSignIn(url, name) });
    return new SignedIn(name, gateway, storeOf(signedIn));
  }

  /** Asks for access; where a reviewer is given, that one approves. */
  async gets(
    resource: string,
    options: { profile?: string; seconds?: number; approvedBy?: SignedIn } = {},
  ): Promise<Grant> {
    const { profile = 'read', seconds = 600, approvedBy } = options;
    const asked = await this.api.call('createRequest', {
      body: { resource, profile, duration: seconds, reason: 'a test' },
    });
    const decided = approvedBy
      ? await approvedBy.api.call('createReview', { params: { id: asked.id }, body: { verdict: 'approve' } })
      : asked;
    if (decided.grantId === undefined) throw new Error(`The request for ${resource} is ${decided.state}.`);
    return this.api.call('getGrant', { params: { id: decided.grantId } });
  }

  /** A local port to a resource. @param gateway another address of the gateway, or another gateway of the cluster. */
  async tunnel(resource: string, gateway = this.gateway): Promise<Tunnel> {
    const tunnel = await openTunnel({ gateway, tokens: this.tokens, resource, protocol: 'postgres' });
    this.#leaving.push(() => tunnel.close());
    return tunnel;
  }

  /** A client at a tunnel, connected. */
  async connect(tunnel: Tunnel, settings: pg.ClientConfig = {}): Promise<pg.Client> {
    const { host, port, user, secret: password, database } = tunnel;
    const client = new pg.Client({ host, port, user, password, database, ...settings });
    // A session that is ended is an event to some tests; without a listener it would end the process.
    client.on('error', () => undefined);
    this.#leaving.push(() => client.end().catch(() => undefined));
    await client.connect();
    return client;
  }

  /** Closes what was opened; the sign-in stays. */
  async leave(): Promise<void> {
    for (let close = this.#leaving.pop(); close; close = this.#leaving.pop()) await close();
  }
}

/** Keeps one sign-in in memory. */
function storeOf(signedIn: StoredSignIn): TokenStore {
  let kept: StoredSignIn | undefined = signedIn;
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: async () => kept,
    write: async (next) => {
      kept = next;
    },
    remove: async () => {
      kept = undefined;
    },
    exclusively: (_gateway, task) => {
      const run = last.then(task, task);
      last = run.catch(() => undefined);
      return run;
    },
  };
}
