import { BrowserWindow, dialog, type NativeImage, nativeTheme, screen, type WebContents } from 'electron';
import { APP_PAGE, isAppPage } from '../ipc/app-origin.ts';
import type { SavedState } from '../state/saved-state.ts';
import { offerContextMenu } from './context-menu.ts';
import { ReloadLimit } from './reload-limit.ts';
import { LEAST_SIZE, openingBounds } from './window-bounds.ts';

export interface AppWindowParts {
  readonly preload: string;
  readonly icon: NativeImage;
  readonly devTools: boolean;
  readonly saved: Pick<SavedState, 'window'>;
  /** Whether closing the window ends it, because the app quits. */
  readonly quitting: () => boolean;
  /** The person closed the window: it was hidden. */
  readonly hidden: () => void;
  readonly log: (message: string, error: unknown) => void;
}

/** Before the page has painted: the chrome of each theme. */
const BACKGROUND = { light: '#edf2f4', dark: '#0e1416' };
const TITLE_BAR = 40;

/** The app's one window. Closing hides it; its page can crash and come back while everything in main goes on. */
export class AppWindow {
  readonly #parts: AppWindowParts;
  readonly #reloads = new ReloadLimit(() => Date.now());
  #window: BrowserWindow | undefined;
  #loaded = false;
  #waiting: (() => void)[] = [];

  constructor(parts: AppWindowParts) {
    this.#parts = parts;
  }

  get page(): WebContents | undefined {
    return this.#window === undefined || this.#window.isDestroyed() ? undefined : this.#window.webContents;
  }

  get visible(): boolean {
    return this.#window !== undefined && !this.#window.isDestroyed() && this.#window.isVisible();
  }

  /** Whether the person is looking at it. */
  get focused(): boolean {
    return this.#window !== undefined && !this.#window.isDestroyed() && this.#window.isFocused();
  }

  /** For native dialogs. */
  get window(): BrowserWindow | undefined {
    return this.#window;
  }

  show(): void {
    const window = this.#window ?? this.#create();
    if (window.isMinimized()) window.restore();
    if (this.#loaded || window.isVisible()) {
      window.show();
      window.focus();
    } else window.once('ready-to-show', () => window.show());
  }

  /** Runs `task` when the page can hear. */
  whenLoaded(task: () => void): void {
    if (this.#loaded) task();
    else this.#waiting.push(task);
  }

  hide(): void {
    this.#window?.hide();
  }

  control(action: 'minimize' | 'maximize' | 'close'): void {
    const window = this.#window;
    if (window === undefined) return;
    if (action === 'minimize') window.minimize();
    else if (action === 'close') window.close();
    else if (window.isMaximized()) window.unmaximize();
    else window.maximize();
  }

  #create(): BrowserWindow {
    const { saved } = this.#parts;
    const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea);
    const mac = process.platform === 'darwin';
    const window = new BrowserWindow({
      ...openingBounds(saved.window, areas),
      minWidth: LEAST_SIZE.width,
      minHeight: LEAST_SIZE.height,
      show: false,
      title: 'Drawbridge',
      icon: this.#parts.icon,
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      // The page draws the title bar, and on Windows and Linux its buttons too.
      ...(mac
        ? { titleBarStyle: 'hidden' as const, trafficLightPosition: { x: 14, y: (TITLE_BAR - 14) / 2 } }
        : { frame: false }),
      webPreferences: {
        preload: this.#parts.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        enableWebSQL: false,
        safeDialogs: true,
        devTools: this.#parts.devTools,
      },
    });
    this.#window = window;
    if (saved.window?.maximized === true) window.maximize();
    this.#watch(window);
    offerContextMenu(window.webContents, () => this.#window);
    void window
      .loadURL(APP_PAGE)
      .catch((error: unknown) => this.#parts.log('the page was not loaded', error));
    return window;
  }

  #watch(window: BrowserWindow): void {
    const { webContents } = window;
    webContents.on('did-start-loading', () => {
      this.#loaded = false;
    });
    webContents.on('did-finish-load', () => {
      this.#loaded = true;
      for (const task of this.#waiting.splice(0)) task();
    });
    // An empty page is the one place a script can go to without asking. It can do nothing there; come back.
    webContents.on('did-navigate', (_event, url) => {
      if (!isAppPage(url)) void webContents.loadURL(APP_PAGE).catch(() => undefined);
    });
    webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason === 'clean-exit' || this.#parts.quitting()) return;
      this.#parts.log(`the page ended (${reason})`, undefined);
      if (this.#reloads.mayReload()) webContents.reload();
      else void this.#askAfterCrash(window);
    });
    window.on('unresponsive', () => void this.#askUnresponsive(window));
    window.on('close', (event) => {
      this.#saveBounds(window);
      if (this.#parts.quitting()) return;
      event.preventDefault();
      window.hide();
      this.#parts.hidden();
    });
    window.on('closed', () => {
      this.#window = undefined;
      this.#loaded = false;
    });
  }

  #saveBounds(window: BrowserWindow): void {
    // The size to come back to, not that of the whole screen.
    const { x, y, width, height } = window.getNormalBounds();
    if (width >= LEAST_SIZE.width && height >= LEAST_SIZE.height)
      this.#parts.saved.window = { x, y, width, height, maximized: window.isMaximized() };
  }

  async #askAfterCrash(window: BrowserWindow): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      message: 'The window of Drawbridge keeps failing',
      detail: 'Your tunnels are still open. Loading it again may help.',
      buttons: ['Load again', 'Keep tunnels without the window'],
      defaultId: 0,
      cancelId: 1,
    });
    if (response === 0) window.webContents.reload();
    else window.hide();
  }

  async #askUnresponsive(window: BrowserWindow): Promise<void> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message: 'The window of Drawbridge does not answer',
      detail: 'Your tunnels are still open. Loading it again ends the SQL consoles in it; shells go on.',
      buttons: ['Wait', 'Load again'],
      defaultId: 0,
      cancelId: 0,
    });
    if (response === 1) window.webContents.forcefullyCrashRenderer();
  }
}
