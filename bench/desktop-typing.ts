import type { Page } from '@playwright/test';

/** What typing was like, in ms. */
export interface Typing {
  /** From each key to the end of the frame that shows it. */
  readonly keys: number[];
  /** What each frame kept the page busy, from its beginning until it had been painted. */
  readonly frames: number[];
}

/** Watches the page while `type` types. */
export async function watchTyping(page: Page, type: () => Promise<void>): Promise<Typing> {
  await page.evaluate(() => {
    const keys: number[] = [];
    const frames: number[] = [];
    let on = true;
    const frame = (began: number) => {
      if (!on) return;
      // A task that is queued in a frame runs when the frame has been handed over.
      const { port1, port2 } = new MessageChannel();
      const start = performance.now();
      port1.onmessage = () => frames.push(performance.now() - start);
      port2.postMessage(began);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const onKey = (event: KeyboardEvent) => {
      requestAnimationFrame(() => setTimeout(() => keys.push(performance.now() - event.timeStamp)));
    };
    window.addEventListener('keydown', onKey, { capture: true });
    const stop = () => {
      on = false;
      window.removeEventListener('keydown', onKey, { capture: true });
      return { keys, frames };
    };
    Object.assign(window, { stopWatchingTyping: stop });
  });
  await type();
  return page.evaluate(() => (window as unknown as { stopWatchingTyping(): Typing }).stopWatchingTyping());
}
