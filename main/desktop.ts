import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ClientKeys, gatewayFileName, openByteStream, openTunnel, signIn } from '@drawbridge/gateway-client';
import {
  app,
  clipboard,
  ipcMain,
  MessageChannelMain,
  type MessagePortMain,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
  session,
  shell,
} from 'electron';
import { listenToApp } from './app-events.ts';
import logo from './assets/logo.png';
import { systemClock } from './clock.ts';
import { Browser } from './gateway/browser.ts';
import { checkGateway } from './gateway/check-gateway.ts';
import { GatewayConnection } from './gateway/gateway-connection.ts';
import { type GatewayView, isUsable } from './gateway/gateway-view.ts';
import { Gateways } from './gateway/gateways.ts';
import { accessHandlers } from './handlers/access-handlers.ts';
import { appHandlers } from './handlers/app-handlers.ts';
import { policyHandlers } from './handlers/policy-handlers.ts';
import { recordingHandlers } from './handlers/recording-handlers.ts';
import { sqlHandlers } from './handlers/sql-handlers.ts';
import { terminalHandlers } from './handlers/terminal-handlers.ts';
import { tunnelHandlers } from './handlers/tunnel-handlers.ts';
import type { AppState, Settings } from './ipc/app-state.ts';
import type { Place, QuitQuestion } from './ipc/contract.ts';
import { INTERNAL_FAILURE, ipcFailure } from './ipc/ipc-failure.ts';
import { IpcServer } from './ipc/serve.ts';
import { askQuit } from './outside/ask-quit.ts';
import { parseDeepLink } from './outside/deep-link.ts';
import { findNotifier } from './outside/find-notifier.ts';
import { deferredNotifier } from './outside/notifier.ts';
import { Outside } from './outside/outside.ts';
import { QuitFlow } from './outside/quit-flow.ts';
import { quitQuestion } from './outside/quit-question.ts';
import { AppTray } from './outside/tray.ts';
import { trayActions } from './outside/tray-actions.ts';
import { trayFace, trayMenu } from './outside/tray-menu.ts';
import { SqlConsoles } from './sql/sql-consoles.ts';
import { SqlHistory } from './sql/sql-history.ts';
import { AppStore } from './state/app-store.ts';
import { keptFile } from './state/kept-file.ts';
import { SavedState } from './state/saved-state.ts';
import { Tabs } from './state/tabs.ts';
import { windowState } from './state/window-state.ts';
import { HostNames } from './terminals/host-names.ts';
import { ShellConsent } from './terminals/shell-consent.ts';
import { ShellHosts } from './terminals/shell-hosts.ts';
import { Terminals } from './terminals/terminals.ts';
import { NativeApps } from './tunnels/native-app.ts';
import { PortBook } from './tunnels/port-book.ts';
import { Tunnels } from './tunnels/tunnels.ts';
import { Vault } from './vault.ts';
import { vaultEncryption } from './vault-encryption.ts';
import { AppWindow } from './window/app-window.ts';
import { askShell } from './window/ask-shell.ts';
import { askWhere } from './window/ask-where.ts';
import { hardenSession } from './window/harden.ts';
import { serveApp } from './window/serve-app.ts';

export interface DesktopOptions {
  readonly rendererFolder: string;
  readonly preload: string;
  readonly env: NodeJS.ProcessEnv;
  /** A gateway to be set up and chosen at the start. */
  readonly gatewayAddress: string | undefined;
  /** A deep link that the app was started with. */
  readonly link: string | undefined;
}

export interface Desktop {
  show(): void;
  openLink(link: string): void;
}

/** How long quitting may take to say goodbye, and how often times in the tray are told anew. Milliseconds. */
const GOODBYE = 3_000;
const TRAY_STEP = 30_000;
const MOST_RECENTS = 12;

/** Composes the app, top to bottom: the one place where everything is constructed. */
export async function startDesktop(options: DesktopOptions): Promise<Desktop> {
  const clock = systemClock;
  const devTools = !app.isPackaged;
  const log = (message: string, error?: unknown): void => {
    const detail = error instanceof Error ? `: ${error.message}` : '';
    process.stderr.write(`drawbridge-desktop: ${message}${detail}\n`);
  };
  // Newer versions answer with a promise.
  const writeClipboard = (text: string): void => void clipboard.writeText(text);

  // What is kept
  const saved = new SavedState(keptFile('settings'));
  const encryption = vaultEncryption(safeStorage, process.platform);
  const vault = new Vault(keptFile('vault'), encryption);
  const history = new SqlHistory(keptFile('history'), clock);
  const tabs = new Tabs(saved);

  // The gateways, the tunnels to what is behind them, and the state that the window shows
  const browser = new Browser({
    gateways: () => gateways.profiles.map(({ url }) => url),
    program: options.env.DRAWBRIDGE_BROWSER,
    openExternal: (url) => shell.openExternal(url),
  });
  const gateways: Gateways = new Gateways({
    saved,
    newId: randomUUID,
    check: checkGateway,
    changed: () => mirror(),
    connect: (profile) => {
      const connection: GatewayConnection = new GatewayConnection({
        profile,
        vault,
        clock,
        userAgent: `drawbridge-desktop/${app.getVersion()}`,
        signIn,
        openBrowser: (url) => browser.open(url),
        changed: (before, after) => gatewayChanged(connection, before, after),
      });
      return connection;
    },
  });
  const clientKeys = new ClientKeys(app.getPath('userData'));
  const tunnels = new Tunnels({
    open: openTunnel,
    keys: clientKeys,
    clock,
    newId: randomUUID,
    changed: () => mirror(),
    ports: new PortBook({
      kept: (gateway) => saved.settings(gateway).ports,
      all: () => gateways.profiles.flatMap(({ id }) => Object.values(saved.settings(id).ports)),
      keep: (gateway, key, port) => saved.savePort(gateway, key, port),
    }),
  });
  const hosts = new HostNames({
    tunnels,
    keys: clientKeys,
    shellHosts: (url) =>
      new ShellHosts(join(app.getPath('userData'), 'shells', gatewayFileName(url)), process.platform),
    log,
  });
  const consoles = new SqlConsoles(() => performance.now());
  const terminals = new Terminals({
    clock,
    soon: (task) => void setImmediate(task),
    failure: (error) => {
      const known = ipcFailure(error);
      if (known === undefined) log('a terminal failed', error);
      return known ?? INTERNAL_FAILURE;
    },
  });
  const store = new AppStore({
    app: {
      platform: platformOf(process.platform),
      version: app.getVersion(),
      vault: { persistent: encryption.persistent, backend: encryption.backend },
    },
    gateways: [],
    connection: { status: 'none' },
    tunnels: [],
    settings: saved.settings(undefined),
    tabs: { open: [], offered: [] },
  });
  const mirror = (): void => store.set(windowState({ gateways, tunnels, saved, tabs }));
  const gatewayChanged = (connection: GatewayConnection, before: GatewayView, after: GatewayView): void => {
    const { id } = connection.profile;
    const anotherPerson =
      before.me !== undefined && after.me !== undefined && before.me.user.id !== after.me.user.id;
    if (anotherPerson) {
      terminals.closeAll(id);
      void tunnels.closeAll(id);
    }
    if (before.grants !== after.grants) {
      for (const grant of after.grants ?? []) if (!isUsable(grant)) tunnels.grantEnded(grant.id);
      if (terminals.hasShell(id)) void hosts.write(connection);
    }
    if (after.me !== undefined && after.me !== before.me)
      gateways.named(id, after.me.gateway.name.slice(0, 60));
    outside.changed(connection, before, after);
    if (id === gateways.activeId) mirror();
  };
  const saveSettings = (settings: Settings): void => {
    saved.saveSettings(gateways.activeId, settings);
    nativeTheme.themeSource = settings.theme;
  };
  const used = (resource: string): void => {
    const settings = saved.settings(gateways.activeId);
    const recents = [resource, ...settings.recents.filter((other) => other !== resource)].slice(
      0,
      MOST_RECENTS,
    );
    saveSettings({ ...settings, recents });
    mirror();
  };

  // The window
  hardenSession(session.defaultSession, devTools);
  serveApp(protocol, options.rendererFolder);
  const window = new AppWindow({
    preload: options.preload,
    icon: nativeImage.createFromDataURL(logo),
    devTools,
    saved,
    quitting: () => quit.leaving,
    hidden: () => {
      if (saved.toldAboutTray) return;
      saved.toldAboutTray = true;
      outside.tell(
        'Drawbridge keeps running',
        'Tunnels stay open, and requests still reach you. Quit it from its icon beside the clock.',
      );
    },
    log,
  });
  const show = (place?: Place): void => {
    window.show();
    if (place !== undefined) window.whenLoaded(() => ipc.push('place.open', place));
  };

  // What happens without it
  const outside = new Outside({
    notifier: deferredNotifier(findNotifier(options.env, clock)),
    clock,
    wanted: () => store.state.settings.notifications,
    open: (gateway, place) => {
      if (gateway !== undefined && gateway !== gateways.activeId) gateways.select(gateway);
      show(place);
    },
    watching: () => window.focused,
    log,
  });
  const closing = (): QuitQuestion | undefined =>
    quitQuestion({
      consoles: consoles.all,
      terminals: terminals.all,
      tunnels: tunnels.all.map(({ state }) => state),
      resources: [...gateways.connections].flatMap(({ view }) => view.resources ?? []),
    });
  const quit: QuitFlow = new QuitFlow({
    question: closing,
    askWindow: (question) => {
      if (!window.visible) return false;
      window.show();
      window.whenLoaded(() => ipc.push('app.confirmQuit', question));
      return true;
    },
    askNative: askQuit,
    hideWindow: () => window.hide(),
    shutDown: async () => {
      consoles.closeAll();
      terminals.closeAll();
      gateways.stop();
      outside.close();
      tray.destroy();
      const late = new Promise<void>((resolve) => void clock.after(GOODBYE, resolve));
      await Promise.race([tunnels.closeAll(), late]);
    },
    // In a turn of its own: inside `before-quit` Electron would forget it again.
    exit: () => setImmediate(() => app.quit()),
  });
  const tray = new AppTray((action) => void actFromTray(action));
  const actFromTray = trayActions({ gateways, tunnels, outside, quit, show, writeClipboard });
  const updateTray = (): void => {
    if (quit.leaving) return;
    const { connection, me, requests = [], grants = [], resources = [], activeGateway } = store.state;
    const { commandReviews = [] } = store.state;
    const view = {
      now: clock.now(),
      connection,
      me: me?.user.id,
      requests,
      commandReviews,
      grants,
      resources,
      gateways: store.state.gateways,
      activeGateway,
      closing: closing(),
    };
    tray.update(trayMenu(view), trayFace(view));
  };
  const tick = (): void => {
    updateTray();
    clock.after(TRAY_STEP, tick);
  };

  // What the page may ask
  const openPort = (id: string): MessagePortMain => {
    const { port1, port2 } = new MessageChannelMain();
    ipc.sendPort(id, port2);
    return port1;
  };
  const leaveGateway = async (id: string, forGood: boolean): Promise<void> => {
    terminals.closeAll(id);
    await tunnels.closeAll(id);
    // The key belongs to the sign-in, which ends.
    const url = gateways.profiles.find((profile) => profile.id === id)?.url;
    if (url !== undefined) await clientKeys.remove(url);
    if (forGood) history.forget(id);
  };
  const toast = (title: string, body?: string): void =>
    ipc.push('toast', { kind: 'info', title, ...(body === undefined ? {} : { body }) });
  const nativeApps = new NativeApps({ env: options.env, platform: process.platform, home: homedir() });
  const ipc: IpcServer = new IpcServer({
    ipcMain,
    page: () => window.page,
    log,
    handlers: {
      ...appHandlers({ store, gateways, tabs, window, quit, saveSettings, writeClipboard, leaveGateway }),
      ...accessHandlers(gateways),
      ...policyHandlers(gateways),
      ...tunnelHandlers({ gateways, tunnels, nativeApps, writeClipboard, toast, used }),
      ...sqlHandlers({ gateways, tunnels, consoles, history, openPort, used }),
      ...terminalHandlers({
        gateways,
        tunnels,
        terminals,
        consent: new ShellConsent(() => askShell(window.window)),
        hosts,
        openStream: openByteStream,
        openPort,
        clock,
        env: options.env,
        platform: process.platform,
        home: homedir(),
        version: app.getVersion(),
        used,
      }),
      ...recordingHandlers({ gateways, openPort, askWhere: (name) => askWhere(window.window, name) }),
    },
  });
  ipc.start();
  store.subscribe((patch) => {
    ipc.push('state.patch', patch);
    updateTray();
  });

  listenToApp({
    quit,
    show,
    themeChanged: updateTray,
    retry: () => {
      for (const connection of gateways.connections) connection.retry();
    },
  });

  nativeTheme.themeSource = saved.settings(undefined).theme;
  await gateways.start();
  if (options.gatewayAddress !== undefined)
    await gateways
      .preset(options.gatewayAddress)
      .catch((error: unknown) => log('the given gateway was not added', error));
  tick();
  window.show();

  const openLink = (link: string): void => {
    const parsed = parseDeepLink(link);
    if (parsed.type === 'place') {
      show(parsed.place);
      return;
    }
    window.show();
    const title = 'The link was not opened';
    window.whenLoaded(() => ipc.push('toast', { kind: 'denied', title, body: parsed.reason }));
  };
  if (options.link !== undefined) openLink(options.link);
  return { show: () => window.show(), openLink };
}

const platformOf = (platform: NodeJS.Platform): AppState['app']['platform'] =>
  platform === 'darwin' || platform === 'win32' ? platform : 'linux';
