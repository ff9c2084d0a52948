import type { Protocol } from '@drawbridge/contract';
import type { LocalGate } from './local-gate.ts';
import { createPostgresGate } from './postgres.ts';
import { createSshGate } from './ssh.ts';

/** The gate of each protocol: a new protocol is one line here. */
export const gates: Readonly<Record<Protocol, () => LocalGate>> = {
  postgres: createPostgresGate,
  ssh: createSshGate,
};
