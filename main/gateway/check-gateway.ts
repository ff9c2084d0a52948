import { ISSUER_PATH } from '@drawbridge/contract';
import { ClientError } from '@drawbridge/gateway-client';

const TIMEOUT_MS = 10_000;

/**
 * Whether a Drawbridge gateway is at an address (in the form of `gatewayUrl`): its issuer describes itself under
 * that very address (OpenID Connect Discovery 1.0, section 4.3).
 * @throws ClientError `gateway_unreachable`, `unexpected_response`
 */
export async function checkGateway(url: string): Promise<void> {
  const issuer = `${url}${ISSUER_PATH}`;
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new ClientError(
      'gateway_unreachable',
      `${url} can't be reached`,
      'Check the address, your network or VPN, and that the gateway runs.',
      { cause: error },
    );
  });
  const document: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (typeof document === 'object' && document !== null && 'issuer' in document && document.issuer === issuer)
    return;
  throw new ClientError(
    'unexpected_response',
    `${url} doesn't answer like a Drawbridge gateway`,
    'Check the address with whoever runs your gateway.',
  );
}
