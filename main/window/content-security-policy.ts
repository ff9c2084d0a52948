/**
 * What the page may load and do: its own scripts, styles, fonts and pictures, and nothing else. No network
 * (`connect-src`), no frames, no forms, no plug-ins, no inline script. Style elements made at run time (by the
 * component library and the editor) carry the nonce of this load.
 */
export const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "worker-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** Puts the nonce where scripts of the page find it: `document.querySelector('meta[property="csp-nonce"]').nonce`. */
export function withNonce(html: string, nonce: string): string {
  if (html.includes('__CSP_NONCE__')) return html.replaceAll('__CSP_NONCE__', nonce);
  return html.replace(/<head>/i, `<head><meta property="csp-nonce" nonce="${nonce}" />`);
}
