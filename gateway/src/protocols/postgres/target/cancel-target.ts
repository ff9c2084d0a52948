import { cancelRequest } from '../codec/frontend-messages.ts';
import { type DialOptions, dialTarget, type TargetAddress } from './dial-target.ts';

/**
 * Asks the target to stop what a connection of it runs, over a connection of its own. Best effort, as in PostgreSQL:
 * the target answers nothing and closes.
 */
export async function cancelTarget(
  address: TargetAddress,
  key: { readonly processId: number; readonly secret: Buffer },
  options: DialOptions,
): Promise<void> {
  const socket = await dialTarget(address, options);
  socket.resume();
  socket.end(cancelRequest(key.processId, key.secret));
  const cancelTimeout = options.clock.after(5_000, () => socket.destroy());
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  cancelTimeout();
}
