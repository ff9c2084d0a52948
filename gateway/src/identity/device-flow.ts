import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { codeConfirmPage, codeInputPage, deviceSignedInPage } from './device-pages.ts';
import { contentSecurityPolicy } from './page.ts';

/** The device flow's pages (RFC 8628), in the authorization server's terms. */
export function deviceFlow(): NonNullable<NonNullable<Configuration['features']>['deviceFlow']> {
  const form = (ctx: KoaContextWithOIDC) => ({
    action: ctx.oidc.urlFor('code_verification'),
    xsrf: String(ctx.oidc.session?.state?.secret ?? ''),
  });
  return {
    enabled: true,
    // Nothing about the device is shown: behind a proxy its address is wrong, and the rest is its own claim.
    deviceInfo: () => ({}),
    userCodeInputSource: (ctx, _form, out, error) => {
      ctx.type = 'html';
      const problem = error && problemWithCode(error, out?.error_description);
      ctx.body = codeInputPage({ ...form(ctx), code: String(ctx.state.userCode ?? ''), problem });
    },
    userCodeConfirmSource: (ctx, _form, client, _device, userCode) => {
      ctx.type = 'html';
      ctx.set('content-security-policy', contentSecurityPolicy({ anyForm: true }));
      ctx.body = codeConfirmPage({
        ...form(ctx),
        code: userCode,
        client: client.clientName ?? client.clientId,
      });
    },
    successSource: (ctx) => {
      ctx.type = 'html';
      ctx.body = deviceSignedInPage(ctx.oidc.client?.clientName ?? 'Drawbridge');
    },
  };
}

function problemWithCode(error: { readonly name: string }, description: string | undefined): string {
  switch (error.name) {
    case 'AbortedError':
      return 'The sign-in was cancelled.';
    case 'ExpiredError':
      return 'This code has expired. Start again on the device.';
    case 'AlreadyUsedError':
      return 'This code was used already. Start again on the device.';
    case 'NoCodeError':
    case 'NotFoundError':
      return 'There is no such code. Check it on the device and enter it again.';
    default:
      return `The sign-in was refused${description === undefined ? '' : `: ${description}`}.`;
  }
}
