import { randomBytes } from 'node:crypto';
import { DrawbridgeError } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type Provider from 'oidc-provider';
import { errors, type Interaction } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { INTERACTION_LIFETIME } from './authorization-server.ts';
import { errorPage } from './error-page.ts';
import type { IdentityLogger } from './settings.ts';
import type { SignIns } from './sign-ins.ts';
import type { Person, Upstream } from './upstream.ts';
import type { Users } from './users.ts';

/** Path below the issuer that is registered as redirect URI at the company's provider. */
export const UPSTREAM_CALLBACK = '/upstream/callback';
const INTERACTION = /^\/interaction\/([\w-]{1,64})(\/finish)?$/;

export interface SignInRoutesDependencies {
  readonly provider: Provider;
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: IdentityLogger;
  readonly upstream: Upstream;
  readonly users: Pick<Users, 'save'>;
  readonly signIns: Pick<SignIns, 'open'>;
  /** Seconds. */
  readonly maxLifetime: number;
}

export type Middleware = Parameters<Provider['use']>[0];
type Context = Parameters<Middleware>[0];

/**
 * The way through the company's provider: interaction -> provider -> callback -> finish -> back to the
 * authorization server. The answer is taken at the interaction's own path, where alone the cookie of the browser
 * that began it is sent: an answer that another browser brings (a link sent to a victim) leads nowhere, and its
 * code is never redeemed.
 */
export class SignInRoutes {
  readonly #dependencies: SignInRoutesDependencies;
  readonly #base: string;

  constructor(dependencies: SignInRoutesDependencies) {
    this.#dependencies = dependencies;
    this.#base = new URL(dependencies.provider.issuer).pathname;
  }

  readonly middleware: Middleware = async (ctx, next) => {
    const [, uid, finish] = INTERACTION.exec(ctx.path) ?? [];
    if (ctx.method !== 'GET' || (uid === undefined && ctx.path !== UPSTREAM_CALLBACK)) {
      await next();
      return;
    }
    try {
      ctx.status = 303;
      if (uid === undefined) ctx.redirect(await this.#routeAnswer(ctx));
      else ctx.redirect(finish === undefined ? await this.#begin(ctx, uid) : await this.#finish(ctx, uid));
    } catch (error) {
      this.#show(ctx, error, uid);
    }
  };

  async #begin(ctx: Context, uid: string): Promise<string> {
    const { db, clock, upstream } = this.#dependencies;
    const interaction = await this.#interaction(ctx, uid);
    const state = randomBytes(24).toString('base64url');
    const asked = String(interaction.params.prompt ?? '').split(' ');
    const { url, pending } = await upstream.begin({ state, fresh: asked.includes('login') });
    await db
      .insertInto('upstream_sign_ins')
      .values({
        state,
        interaction: uid,
        provider: upstream.name,
        pending: JSON.stringify(pending),
        expires_at: new Date(clock.now() + INTERACTION_LIFETIME * 1000),
      })
      .execute();
    return url.href;
  }

  /** Brings the provider's answer to the interaction that it is for. */
  async #routeAnswer(ctx: Context): Promise<string> {
    const row = await this.#dependencies.db
      .selectFrom('upstream_sign_ins')
      .select('interaction')
      .where('state', '=', stateOf(ctx))
      .where('expires_at', '>', new Date(this.#dependencies.clock.now()))
      .executeTakeFirst();
    if (!row) throw notStartedHere();
    return `${this.#base}/interaction/${row.interaction}/finish?${ctx.querystring}`;
  }

  async #finish(ctx: Context, uid: string): Promise<string> {
    const { provider, logger } = this.#dependencies;
    const interaction = await this.#interaction(ctx, uid);
    const state = stateOf(ctx);
    const pending = await this.#takePending(state, uid);
    const url = new URL(`${provider.issuer}${UPSTREAM_CALLBACK}?${ctx.querystring}`);
    try {
      const person = await this.#dependencies.upstream.finish({ url, state, pending });
      return await this.#answer(ctx, await this.#open(interaction, person, ctx.ip));
    } catch (error) {
      // Who waits at the client learns why, too.
      if (!(error instanceof DrawbridgeError) || error.code !== 'forbidden') throw error;
      logger.info({ reason: error.message }, 'a sign-in was refused');
      return this.#answer(ctx, { error: 'access_denied', error_description: asDescription(error.message) });
    }
  }

  /** Once, and only for the interaction that it was begun for. */
  async #takePending(state: string, uid: string): Promise<unknown> {
    const row = await this.#dependencies.db
      .deleteFrom('upstream_sign_ins')
      .where('state', '=', state)
      .where('interaction', '=', uid)
      .where('provider', '=', this.#dependencies.upstream.name)
      .where('expires_at', '>', new Date(this.#dependencies.clock.now()))
      .returning('pending')
      .executeTakeFirst();
    if (!row) throw notStartedHere();
    return row.pending;
  }

  /** Our own two clients need no consent beyond the sign-in itself: the grant has what was asked for. */
  async #open(interaction: Interaction, person: Person, address: string) {
    const { provider, users, signIns, maxLifetime, logger } = this.#dependencies;
    const clientId = String(interaction.params.client_id);
    const user = await users.save(person);
    const grant = new provider.Grant({ accountId: user.id, clientId });
    grant.addOIDCScope(String(interaction.params.scope ?? ''));
    const grantId = await grant.save();
    const { authTime, amr } = person;
    const signInId = await signIns.open({
      user,
      address,
      clientId,
      oidcGrantId: grantId,
      authTime,
      amr,
      maxLifetime,
    });
    logger.info(
      { user: user.id, signIn: signInId, client: clientId, provider: person.provider },
      'signed in',
    );
    return {
      login: {
        accountId: user.id,
        remember: false,
        amr: [...amr],
        ...(authTime === undefined ? {} : { ts: Math.floor(authTime.getTime() / 1000) }),
      },
      consent: { grantId },
    };
  }

  async #interaction(ctx: Context, uid: string): Promise<Interaction> {
    const interaction = await this.#dependencies.provider.interactionDetails(ctx.req, ctx.res);
    if (interaction.uid !== uid || interaction.prompt.name !== 'login') throw notStartedHere();
    return interaction;
  }

  #answer(ctx: Context, result: Parameters<Provider['interactionResult']>[2]): Promise<string> {
    return this.#dependencies.provider.interactionResult(ctx.req, ctx.res, result, {
      mergeWithLastSubmission: false,
    });
  }

  #show(ctx: Context, cause: unknown, uid: string | undefined): void {
    const error = this.#worded(cause);
    const retry =
      error.code === 'not_ready' && uid !== undefined ? `${this.#base}/interaction/${uid}` : undefined;
    ctx.status = error.status;
    ctx.type = 'html';
    ctx.body = errorPage(error, retry);
  }

  #worded(error: unknown): DrawbridgeError {
    if (error instanceof DrawbridgeError) return error;
    if (error instanceof errors.SessionNotFound) return notStartedHere();
    this.#dependencies.logger.error(
      { reason: error instanceof Error ? error.message : String(error) },
      'a sign-in failed',
    );
    return new DrawbridgeError('internal', 'Something went wrong in the gateway; its log says what.');
  }
}

function stateOf(ctx: Context): string {
  const { state } = ctx.query;
  if (typeof state !== 'string' || !/^[\w-]{1,64}$/.test(state)) throw notStartedHere();
  return state;
}

const notStartedHere = (): DrawbridgeError =>
  new DrawbridgeError(
    'invalid_request',
    'This sign-in was not started in this browser, was finished already, or took too long.',
    {
      hint: 'Go back to Drawbridge and sign in again.',
    },
  );

/** Letters that `error_description` may have (RFC 6749 section 4.1.2.1), and not too many. */
const asDescription = (text: string): string =>
  text
    .replaceAll('"', "'")
    .replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
    .slice(0, 300);
