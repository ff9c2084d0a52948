import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, expect, type Page } from '@playwright/test';
import { root } from '../../../scripts/root.ts';
import { appState, call } from './bridge.ts';
import { NotificationServer } from './notification-server.ts';
import { packedApp } from './packed-app.ts';
import { type SessionBus, startSessionBus } from './session-bus.ts';

export interface DesktopOptions {
  /** Who sits at this computer; the name by which the demo's identity provider knows them. */
  readonly person: string;
  /** The display's environment. */
  readonly display: Readonly<Record<string, string>>;
  /** A gateway that the app is started with; else it starts as for the first time. */
  readonly gateway?: string;
  /** The browser opens nothing, until `repairBrowser`. */
  readonly noBrowser?: boolean;
}

/** How long the app may take to be attached to, in ms, and how often it is tried. */
const LAUNCH_PATIENCE = 15_000;
const LAUNCHES = 3;

/** One person's computer: a home folder, a session bus with a notification server, a browser, and the app. */
export class Desktop {
  readonly person: string;
  readonly home: string;
  readonly notifications: NotificationServer;
  readonly #options: DesktopOptions;
  readonly #bus: SessionBus;
  #app: ElectronApplication | undefined;
  #page: Page | undefined;

  private constructor(
    options: DesktopOptions,
    home: string,
    bus: SessionBus,
    notifications: NotificationServer,
  ) {
    this.person = options.person;
    this.home = home;
    this.notifications = notifications;
    this.#options = options;
    this.#bus = bus;
  }

  /** Sets the computer up; `open` starts the app. */
  static async create(options: DesktopOptions): Promise<Desktop> {
    const home = await mkdtemp(join(tmpdir(), `drawbridge-desktop-${options.person}-`));
    for (const folder of ['config', 'cache', 'data', 'run', 'Downloads']) await mkdir(join(home, folder));
    await chmod(join(home, 'run'), 0o700);
    await writeFile(
      join(home, 'browser'),
      options.noBrowser ? '#!/bin/sh\n' : browserScript(options.person),
      {
        mode: 0o755,
      },
    );
    const bus = await startSessionBus();
    const notifications = await NotificationServer.start(bus.address);
    return new Desktop(options, home, bus, notifications);
  }

  get app(): ElectronApplication {
    if (!this.#app) throw new Error('The app is not open.');
    return this.#app;
  }

  get page(): Page {
    if (!this.#page) throw new Error('The app is not open.');
    return this.#page;
  }

  /** Opens the app and waits for its window. With `withGateway` false it has to know its gateway from last time. */
  async open({ withGateway = true }: { withGateway?: boolean } = {}): Promise<Page> {
    this.#app = await this.#launch(withGateway);
    this.#page = await this.#app.firstWindow();
    await this.#page.waitForLoadState('domcontentloaded');
    return this.#page;
  }

  /** What starts the app on this computer, as a shell or the system would. */
  command(args: readonly string[]): { file: string; args: string[]; env: Record<string, string> } {
    return { file: packedApp().driven, args: [...this.#arguments(false), ...args], env: this.#env() };
  }

  /** Ends the app as a crash does, with everything it started. */
  async kill(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    this.#page = undefined;
    if (!app) return;
    const { pid } = app.process();
    const closed = ended(app);
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await closed;
  }

  /** Forgets the app after it quit by itself. */
  async quitted(): Promise<void> {
    const app = this.#app;
    if (!app) return;
    await ended(app);
    this.#app = undefined;
    this.#page = undefined;
  }

  /** Signs in with the browser, and waits until the app knows who it is and what there is. */
  async signIn(): Promise<void> {
    const { page } = this;
    await expect.poll(async () => (await appState(page)).connection.status).toBe('sign-in-needed');
    const answer = await call(page, 'signIn.start', undefined);
    if (!answer.ok) throw new Error(answer.error.message);
    const known = async () => {
      const { connection, resources } = await appState(page);
      return connection.status === 'online' && resources !== undefined;
    };
    await expect
      .poll(known, { timeout: 30_000 })
      .toBe(true)
      .catch(async (error: unknown) => {
        const said = await readFile(join(this.home, 'browser.log'), 'utf8').catch(() => 'nothing');
        const { connection } = await appState(page);
        throw new Error(
          `${this.person} is not signed in: ${JSON.stringify(connection)}. The browser said:\n${said}`,
          {
            cause: error,
          },
        );
      });
  }

  /** From now on the browser opens what it is told to. */
  async repairBrowser(): Promise<void> {
    await writeFile(join(this.home, 'browser'), browserScript(this.person), { mode: 0o755 });
  }

  /** Ends everything and removes the home folder. */
  async remove(): Promise<void> {
    await this.kill();
    await this.notifications.stop();
    await this.#bus.stop();
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * Now and then Playwright's inspector waits for ever for a page that is just being made. It says nothing about the
   * app, which is up by then; so it is started again.
   */
  async #launch(withGateway: boolean): Promise<ElectronApplication> {
    const start = () =>
      electron.launch({
        executablePath: packedApp().driven,
        args: this.#arguments(withGateway),
        env: this.#env(),
        timeout: LAUNCH_PATIENCE,
      });
    for (let left = LAUNCHES; ; left -= 1) {
      try {
        return await start();
      } catch (error) {
        if (left === 1 || !(error instanceof Error) || !error.message.includes('Timeout')) throw error;
      }
    }
  }

  #arguments(withGateway: boolean): string[] {
    return [
      `--user-data-dir=${join(this.home, 'config/Drawbridge')}`,
      ...(withGateway && this.#options.gateway !== undefined ? [`--gateway=${this.#options.gateway}`] : []),
      // Chromium's sandbox doesn't work for root; Electron's `sandbox: true` for the page does without it too.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      // No GPU here; without this Chromium tries one first.
      '--disable-gpu',
      '--force-device-scale-factor=1',
      '--lang=en-GB',
    ];
  }

  #env(): Record<string, string> {
    const inherited = Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        !/^(DRAWBRIDGE_|PG|XDG_|DBUS_|ELECTRON_|NODE_OPTIONS|WAYLAND_)/.test(entry[0]),
    );
    return {
      ...Object.fromEntries(inherited),
      ...this.#options.display,
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, 'config'),
      XDG_CACHE_HOME: join(this.home, 'cache'),
      XDG_DATA_HOME: join(this.home, 'data'),
      XDG_RUNTIME_DIR: join(this.home, 'run'),
      XDG_DOWNLOAD_DIR: join(this.home, 'Downloads'),
      DBUS_SESSION_BUS_ADDRESS: this.#bus.address,
      DRAWBRIDGE_BROWSER: join(this.home, 'browser'),
    };
  }
}

/** Resolves when the app's process is gone. */
async function ended(app: ElectronApplication): Promise<void> {
  const child = app.process();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The program that the app is told to open addresses with. */
const browserScript = (person: string): string => `#!/bin/sh
cd '${root}' && exec '${process.execPath}' --import tsx test/desktop/support/sign-in-browser.ts --person ${person} "$@" >"$HOME/browser.log" 2>&1
`;
