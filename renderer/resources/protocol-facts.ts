import type { Protocol } from '@drawbridge/contract';
import type { IconName } from '../theme/Icon.tsx';

const facts: Readonly<Record<Protocol, { readonly name: string; readonly icon: IconName }>> = {
  postgres: { name: 'PostgreSQL', icon: 'database' },
};

/** How a protocol is called and drawn. */
export function protocolFacts(protocol: Protocol) {
  return facts[protocol];
}
