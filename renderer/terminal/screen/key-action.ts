import type { AppState } from '../../../main/ipc/app-state.ts';

type Platform = AppState['app']['platform'];

/**
 * Who a key is for: the program in the terminal, the app around it, or the screen itself. `paste` is left to the browser,
 * which alone may read the clipboard, and only on these keys.
 */
export type KeyAction =
  | 'program'
  | 'app'
  | 'copy'
  | 'paste'
  | 'find'
  | 'select-all'
  | 'bigger'
  | 'smaller'
  | 'usual-size';

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

/**
 * On macOS Cmd is the app's and Ctrl the program's. Elsewhere Ctrl is the program's too, and the app has Ctrl+Shift; but
 * tabs stay at Ctrl+1 to 9, and the size of the text at Ctrl with +, - and 0, as in other terminals.
 */
export function keyAction(event: Key, platform: Platform, selected: boolean): KeyAction {
  const key = event.key.toLowerCase();
  if (event.altKey) return 'program';
  if (platform === 'darwin') return event.metaKey && !event.ctrlKey ? ofApp(key) : 'program';
  if (event.shiftKey && !event.ctrlKey && key === 'insert') return 'paste';
  if (!event.ctrlKey || event.metaKey) return 'program';
  if (platform === 'win32' && !event.shiftKey) {
    // As in the terminals of Windows: Ctrl+C copies where something is selected, else it interrupts.
    if (key === 'c' && selected) return 'copy';
    if (key === 'v') return 'paste';
  }
  if (event.shiftKey) return ofApp(key);
  const size = ofSize(key);
  if (size !== undefined) return size;
  return /^[1-9]$/.test(key) ? 'app' : 'program';
}

function ofApp(key: string): KeyAction {
  if (key === 'c') return 'copy';
  if (key === 'v') return 'paste';
  if (key === 'f') return 'find';
  if (key === 'a') return 'select-all';
  return ofSize(key) ?? 'app';
}

function ofSize(key: string): KeyAction | undefined {
  if (key === '+' || key === '=') return 'bigger';
  if (key === '-' || key === '_') return 'smaller';
  return key === '0' ? 'usual-size' : undefined;
}
