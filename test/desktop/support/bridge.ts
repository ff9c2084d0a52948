import type { Page } from '@playwright/test';
import type { AppState } from '../../../main/ipc/app-state.ts';
import type { Bridge, IpcAnswer, OperationName, Payload, Result } from '../../../main/ipc/contract.ts';

/** The page's own global, for functions that run in it. */
declare global {
  interface Window {
    readonly drawbridge: Bridge;
  }
}

/** Calls an operation as the page itself would. */
export const call = <N extends OperationName>(
  page: Page,
  name: N,
  payload: Payload<N>,
): Promise<IpcAnswer<Result<N>>> =>
  page.evaluate(([name, payload]) => window.drawbridge.call(name as never, payload as never), [
    name,
    payload,
  ] as const) as Promise<IpcAnswer<Result<N>>>;

/** What main holds at this moment. */
export async function appState(page: Page): Promise<AppState> {
  const answer = await call(page, 'state.get', undefined);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}
