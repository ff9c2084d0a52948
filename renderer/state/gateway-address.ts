/** A gateway's address as people say it: `gate.acme.dev`, `127.0.0.1:8443`. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/;

/**
 * What somebody typed as a gateway's address, as a URL: https unless they said http, which only an address
 * on this machine may be. Undefined where it is no address.
 */
export function readGatewayAddress(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const scheme = loopback.test(trimmed) ? 'http://' : 'https://';
  const whole = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : scheme + trimmed;
  try {
    const url = new URL(whole);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.test(url.host))) return undefined;
    if (url.hostname === '' || url.username !== '' || url.password !== '') return undefined;
    if (!/^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(url.hostname)) return undefined;
    return url.href.replace(/\/$/, '');
  } catch {
    return undefined;
  }
}
