import { ClientError } from './client-error.ts';

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * A gateway's public URL in the one form it is compared and stored in: no trailing slash, query or fragment.
 * Without a scheme it is https. Plain http is taken for this machine only, since tokens travel on it.
 */
export function gatewayUrl(text: string): string {
  const url = parse(withScheme(text));
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw new ClientError(
      'invalid_gateway_url',
      `${JSON.stringify(text)} is no gateway address`,
      'Give it like https://drawbridge.example.com.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ClientError(
      'invalid_gateway_url',
      'a gateway address holds no user name or password',
      'Give the address alone; sign in with `drawbridge login`.',
    );
  }
  if (url.protocol === 'http:' && !loopback.has(url.hostname)) {
    throw new ClientError(
      'invalid_gateway_url',
      `${url.host} must be reached by https: sign-in tokens would travel unencrypted`,
      `Use https://${url.host}.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

const withScheme = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed.includes('://')) return trimmed;
  return /^(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(trimmed)
    ? `http://${trimmed}`
    : `https://${trimmed}`;
};

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
