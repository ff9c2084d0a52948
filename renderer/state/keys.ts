import type { AppState } from '../../main/ipc/app-state.ts';

type Platform = AppState['app']['platform'];

/** How a combination with the platform's command key reads: `⌘K`, `Ctrl K`. */
export function shortcutText(platform: Platform, key: string): string {
  return platform === 'darwin' ? `⌘${key}` : `Ctrl ${key}`;
}

/** Whether the platform's command key is held, and no other but shift. */
export function withCommand(event: KeyboardEvent, platform: Platform): boolean {
  return platform === 'darwin' ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
}

/** Whether a plain letter typed now belongs to a text field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'radio' && target.type !== 'checkbox';
  return (
    target instanceof HTMLTextAreaElement || target.isContentEditable || target.closest('.cm-editor') !== null
  );
}
