import { escapeHtml, page, paragraph } from './page.ts';

interface DeviceForm {
  /** Where it is sent. */
  readonly action: string;
  /** Token against cross-site requests. */
  readonly xsrf: string;
}

/** Asks for the code that a device shows (RFC 8628 section 3.3). */
export function codeInputPage({
  action,
  xsrf,
  code,
  problem,
}: DeviceForm & { readonly code: string; readonly problem?: string | undefined }): string {
  return page(
    'Sign in a device',
    `${problem === undefined ? paragraph('Enter the code that Drawbridge shows on your device.') : `<p class="error" role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="xsrf" value="${escapeHtml(xsrf)}">
<label>Code<input name="user_code" value="${escapeHtml(code)}" required autofocus autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20"></label>
<button type="submit">Continue</button>
</form>`,
  );
}

/** Lets the person compare codes before anything happens: a link from a stranger must not sign the stranger's device in (section 5.4). */
export function codeConfirmPage({
  action,
  xsrf,
  code,
  client,
}: DeviceForm & { readonly code: string; readonly client: string }): string {
  return page(
    'Is this your device?',
    `<p>${escapeHtml(client)} asks to be signed in as you. Go on only if you started this yourself and your device shows this code:</p>
<p class="code">${escapeHtml(code)}</p>
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="xsrf" value="${escapeHtml(xsrf)}">
<input type="hidden" name="user_code" value="${escapeHtml(code)}">
<input type="hidden" name="confirm" value="yes">
<button type="submit">Yes, continue</button>
<button type="submit" class="quiet" name="abort" value="yes">No, cancel</button>
</form>`,
  );
}

/** Says that the device is signed in. */
export const deviceSignedInPage = (client: string): string =>
  page('You are signed in', paragraph(`${client} goes on by itself. You can close this window.`));
