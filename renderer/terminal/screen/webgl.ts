import type { Terminal } from '@xterm/xterm';

/**
 * Draws by the graphics card where there is one. Without one, or when its context is lost, the screen draws itself with
 * elements, which every page can.
 */
export async function accelerate(terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (!hasGraphicsCard()) return;
  const { WebglAddon } = await import('@xterm/addon-webgl');
  if (signal.aborted) return;
  const addon = new WebglAddon();
  addon.onContextLoss(() => addon.dispose());
  try {
    terminal.loadAddon(addon);
  } catch {
    // The context that was there a moment ago can't be had any more.
    addon.dispose();
  }
}

/** Drawing by a card that is only simulated would be slower than elements. */
function hasGraphicsCard(): boolean {
  const context = document
    .createElement('canvas')
    .getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  // Pages have few contexts; this one is free again at once.
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}
