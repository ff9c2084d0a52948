import { CLIENT_IDS } from '@drawbridge/contract';
import type { ClientMetadata } from 'oidc-provider';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** The clients that every gateway knows from birth; there is no way to register another. */
export function firstPartyClients(signingAlgorithm: string): ClientMetadata[] {
  const native = (): Partial<ClientMetadata> => ({
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    // Any port (RFC 8252 section 7.3).
    redirect_uris: ['http://127.0.0.1/callback'],
    id_token_signed_response_alg: signingAlgorithm as 'ES256',
  });
  return [
    {
      ...native(),
      client_id: CLIENT_IDS.cli,
      client_name: 'The Drawbridge command line',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    },
    {
      ...native(),
      client_id: CLIENT_IDS.desktop,
      client_name: 'The Drawbridge app',
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ];
}
