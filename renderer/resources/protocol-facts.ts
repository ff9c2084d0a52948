import type { Protocol } from '@drawbridge/contract';
import type { IconName } from '../theme/Icon.tsx';

interface ProtocolFacts {
  readonly name: string;
  readonly icon: IconName;
  /** What opens it in the app. */
  readonly open: string;
  /** What of it a recording has. */
  readonly recorded: string;
  /** What connects to a tunnel. */
  readonly tools: string;
  /** What other programs need besides the port. */
  readonly secret: string;
}

const facts: Readonly<Record<Protocol, ProtocolFacts>> = {
  postgres: {
    name: 'PostgreSQL',
    icon: 'database',
    open: 'Open SQL console',
    recorded: 'Every statement and row',
    tools: 'psql, DBeaver and whatever else speaks PostgreSQL',
    secret: 'Other programs need this secret. It ends with the tunnel.',
  },
  ssh: {
    name: 'SSH',
    icon: 'terminal',
    open: 'Open terminal',
    recorded: 'Every command, all output, each file',
    tools: 'ssh, scp, rsync and whatever else speaks SSH',
    secret: 'Other programs need the key file. It is worthless without your sign-in.',
  },
};

/** How a protocol is called and drawn, and what is said of it. */
export function protocolFacts(protocol: Protocol): ProtocolFacts {
  return facts[protocol];
}
