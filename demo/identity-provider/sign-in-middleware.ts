import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { DemoPerson } from './people.ts';
import { PAGE_HEADERS, problemPage, signInPage } from './sign-in-page.ts';

type Middleware = Parameters<Provider['use']>[0];
type Context = Parameters<Middleware>[0];

const INTERACTION = /^\/interaction\/[\w-]+$/;

/** The page where a person signs in, and what its form does. */
export function signInMiddleware(provider: Provider, people: readonly DemoPerson[]): Middleware {
  return async (ctx, next) => {
    if (!INTERACTION.test(ctx.path)) {
      await next();
      await forgetSession(ctx);
      return;
    }
    try {
      if (ctx.method === 'POST') await signIn(ctx, provider, people);
      else await show(ctx, provider, people);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.status = 400;
      ctx.set(PAGE_HEADERS);
      ctx.body = problemPage('This sign-in took too long or was begun in another browser. Start again.');
    }
  };
}

async function show(ctx: Context, provider: Provider, people: readonly DemoPerson[]): Promise<void> {
  await provider.interactionDetails(ctx.req, ctx.res);
  ctx.status = 200;
  ctx.set(PAGE_HEADERS);
  ctx.body = signInPage(ctx.path, people);
}

async function signIn(ctx: Context, provider: Provider, people: readonly DemoPerson[]): Promise<void> {
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const form = new URLSearchParams(await text(ctx.req));
  const person = people.find(({ id }) => id === form.get('person'));
  const result = person
    ? await accepted(provider, person, params)
    : { error: 'access_denied', error_description: 'nobody was chosen' };
  ctx.status = 303;
  ctx.redirect(
    await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }),
  );
}

async function accepted(provider: Provider, person: DemoPerson, params: Readonly<Record<string, unknown>>) {
  const grant = new provider.Grant({ accountId: person.id, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  return {
    login: { accountId: person.id, remember: false, amr: ['demo'] },
    consent: { grantId: await grant.save() },
  };
}

/** No session stays behind, so each sign-in is a choice. */
async function forgetSession(ctx: Context): Promise<void> {
  const session = ctx.oidc?.session;
  if (session?.accountId !== undefined) await session.destroy();
}
