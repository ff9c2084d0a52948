import { app, Menu, nativeTheme, powerMonitor } from 'electron';
import type { QuitFlow } from './outside/quit-flow.ts';

export interface AppEventsParts {
  readonly quit: QuitFlow;
  readonly show: () => void;
  /** The computer woke up: what seemed to be away may be there. */
  readonly retry: () => void;
  readonly themeChanged: () => void;
}

/** What Electron and the system say to the app as a whole. */
export function listenToApp({ quit, show, retry, themeChanged }: AppEventsParts): void {
  app.on('before-quit', (event) => {
    if (quit.mayExit) return;
    event.preventDefault();
    void quit.request();
  });
  // Without this listener Electron would quit with the last window.
  app.on('window-all-closed', () => undefined);
  app.on('activate', () => show());
  powerMonitor.on('resume', retry);
  // Nobody is there to be asked.
  powerMonitor.on('shutdown', () => void quit.leave());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void quit.leave());
  nativeTheme.on('updated', themeChanged);
  // macOS needs its menu for copy and paste; elsewhere the page has the keys.
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  // In development it would register the bare Electron binary, with a data folder of its own a second app.
  if (app.isPackaged && app.commandLine.getSwitchValue('user-data-dir') === '')
    app.setAsDefaultProtocolClient('drawbridge');
}
