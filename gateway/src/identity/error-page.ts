import { DrawbridgeError } from '@drawbridge/contract';
import { escapeHtml, page, paragraph } from './page.ts';

/** Says what went wrong and what to do. `retry` is where trying again makes sense. */
export function errorPage(error: DrawbridgeError, retry?: string): string {
  const hint = error.details.hint ?? 'Go back to Drawbridge and sign in again.';
  return page(
    error.code === 'not_ready' ? 'Signing in is not possible now' : 'You are not signed in',
    `<p role="alert">${escapeHtml(error.message)}</p>${paragraph(hint)}${retry === undefined ? '' : `<a class="button" href="${escapeHtml(retry)}">Try again</a>`}`,
  );
}

/** An error of the authorization server (RFC 6749 section 4.1.2.1) in words. */
export function oauthErrorPage(out: {
  readonly error: string;
  readonly error_description?: string | undefined;
}): string {
  if (out.error === 'server_error')
    return errorPage(
      new DrawbridgeError('internal', 'Something went wrong in the gateway; its log says what.'),
    );
  const why = out.error_description === undefined ? out.error : `${out.error_description} (${out.error})`;
  return errorPage(new DrawbridgeError('invalid_request', `The sign-in was refused: ${why}.`));
}
