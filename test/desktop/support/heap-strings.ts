import type { ElectronApplication, Page } from '@playwright/test';
import { z } from 'zod';

const Snapshot = z.object({ strings: z.array(z.string()) });

/** Every string that the page's JavaScript holds anywhere, reachable from a script or not. */
export async function heapStrings(app: ElectronApplication, page: Page): Promise<readonly string[]> {
  const session = await app.context().newCDPSession(page);
  let text = '';
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    text += chunk;
  });
  try {
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  } finally {
    await session.detach();
  }
  return Snapshot.parse(JSON.parse(text)).strings;
}
