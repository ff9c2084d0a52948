import { performance } from 'node:perf_hooks';
import type { GatewayId, SessionId } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import { FolderStore } from './folder-store.ts';
import type { Recordings } from './recorder.ts';
import type { RecordingSigningKey } from './sign-manifest.ts';
import type { SealedKeys } from './stored-recordings.ts';
import { StoredRecordings } from './stored-recordings.ts';

export interface FileRecordingsOptions {
  /**
   * A folder on a file system of this machine, or one that all gateways of the cluster share: then what one leaves open
   * another can seal. Made when missing.
   */
  readonly dir: string;
  /** Wraps each recording's own key. */
  readonly keyring: SealedKeys;
  readonly signingKey: RecordingSigningKey;
  /** Of this gateway, the same at each start: `recover` seals what it left open. */
  readonly gatewayId: GatewayId;
  readonly clock: Pick<Clock, 'now'>;
  /** Throws once others may take this gateway for dead: nothing is recorded from then on. */
  readonly assertAlive?: () => void;
  /** Told what `recover` could not seal and why. */
  readonly onProblem?: (session: SessionId, error: Error) => void;
  /** Milliseconds that only grow, with fractions. */
  readonly ticks?: () => number;
}

/** Recordings kept as encrypted files in a folder. `docs/recordings.md` describes them. */
export async function createFileRecordings({ dir, ...options }: FileRecordingsOptions): Promise<Recordings> {
  return new StoredRecordings({
    onProblem: () => undefined,
    assertAlive: () => undefined,
    ticks: () => performance.now(),
    ...options,
    store: await FolderStore.open(dir),
  });
}
