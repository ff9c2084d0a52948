import { DrawbridgeError } from '@drawbridge/contract';
import { SESSION_COOKIE } from './authorization-server.ts';
import { errorPage } from './error-page.ts';
import { contentSecurityPolicy } from './page.ts';
import type { IdentityLogger } from './settings.ts';
import type { Middleware } from './sign-in-routes.ts';

/** Headers of every answer; a page that needs another policy sets its own. */
export const securityHeaders: Middleware = async (ctx, next) => {
  ctx.set({
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  await next();
};

/**
 * Answers what the authorization server fails at by itself. It does so for a form of the device flow that comes
 * without the session it was made in: sent from another site, or after a long time.
 */
export const answerFailures =
  (logger: Pick<IdentityLogger, 'error'>): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (cause) {
      const stray = ctx.method === 'POST' && ctx.path === '/device' && ctx.oidc?.session?.new === true;
      if (!stray)
        logger.error(
          { path: ctx.path, reason: cause instanceof Error ? cause.message : String(cause) },
          'the authorization server failed',
        );
      const error = stray
        ? new DrawbridgeError(
            'invalid_request',
            'This page was open for too long, or the form is not of here.',
            {
              hint: 'Open the address that your device shows once more.',
            },
          )
        : new DrawbridgeError('internal', 'Something went wrong in the gateway; its log says what.');
      ctx.status = error.status;
      ctx.type = 'html';
      ctx.body = errorPage(error);
    }
  };

/**
 * Forgets who signed in as soon as the answer is on its way: the next sign-in in this browser may be another
 * person's, and whoever opens it again must not find a session.
 */
export const forgetSession: Middleware = async (ctx, next) => {
  await next();
  const session = ctx.oidc?.session;
  if (session?.accountId === undefined) return;
  await session.destroy();
  ctx.cookies.set(SESSION_COOKIE, null, { httpOnly: true, sameSite: 'lax', overwrite: true });
};

/**
 * A link with the device's code in it (RFC 8628 section 3.3.1) fills the form; it never submits it. The
 * authorization server's own way is a script that posts at once.
 */
export const prefillDeviceCode: Middleware = async (ctx, next) => {
  if (ctx.method === 'GET' && ctx.path === '/device' && ctx.querystring !== '') {
    const code = ctx.query.user_code;
    ctx.state.userCode = typeof code === 'string' ? code.slice(0, 20) : '';
    ctx.querystring = '';
  }
  await next();
};
