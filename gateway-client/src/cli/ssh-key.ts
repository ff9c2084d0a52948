import type { ClientKey } from '../ssh/client-keys.ts';
import type { CliContext, Connected } from './cli-context.ts';

/**
 * The SSH key of this machine and sign-in, with the gateway's host key written down beside it. The host key comes
 * over the same TLS connection that the tunnel will take.
 */
export async function sshKey(
  context: Pick<CliContext, 'keys'>,
  { api, gateway }: Pick<Connected, 'api' | 'gateway'>,
  signal?: AbortSignal,
): Promise<ClientKey> {
  const [me, key] = await Promise.all([
    api.call('me', {}, signal === undefined ? {} : { signal }),
    context.keys.key(gateway),
  ]);
  await context.keys.trust(gateway, me.gateway.sshHostKey);
  return key;
}
