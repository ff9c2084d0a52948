/** Aborts on SIGINT or SIGTERM until disposed; after that, signals do what they always do. */
export function interruptible(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals) => controller.abort(name);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, abort);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of signals) process.off(name, abort);
    },
  };
}
