import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GrantId, RequestId } from '@drawbridge/contract';
import { openTunnel, signIn } from '@drawbridge/gateway-client';
import {
  app,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  type MessagePortMain,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  protocol,
  safeStorage,
  session,
  shell,
} from 'electron';
import ElectronStore from 'electron-store';
import logo from './assets/logo.png';
import { systemClock } from './clock.ts';
import { Browser } from './gateway/browser.ts';
import { checkGateway } from './gateway/check-gateway.ts';
import { GatewayConnection } from './gateway/gateway-connection.ts';
import type { GatewayView } from './gateway/gateway-view.ts';
import { isUsable } from './gateway/gateway-view.ts';
import { Gateways } from './gateway/gateways.ts';
import { accessHandlers } from './handlers/access-handlers.ts';
import { appHandlers } from './handlers/app-handlers.ts';
import { recordingHandlers } from './handlers/recording-handlers.ts';
import { sqlHandlers } from './handlers/sql-handlers.ts';
import { tunnelHandlers } from './handlers/tunnel-handlers.ts';
import type { AppState, Settings } from './ipc/app-state.ts';
import type { Place, QuitQuestion } from './ipc/contract.ts';
import { IpcServer } from './ipc/serve.ts';
import { DbusNotifier } from './outside/dbus-notifier.ts';
import { parseDeepLink } from './outside/deep-link.ts';
import { ElectronNotifier, hasActions } from './outside/electron-notifier.ts';
import { deferredNotifier, type Notifier } from './outside/notifier.ts';
import { Outside } from './outside/outside.ts';
import { QuitFlow } from './outside/quit-flow.ts';
import { quitDialogText, quitQuestion } from './outside/quit-question.ts';
import { AppTray } from './outside/tray.ts';
import { trayFace, trayMenu, type TrayAction } from './outside/tray-menu.ts';
import { SqlConsoles } from './sql/sql-consoles.ts';
import { SqlHistory } from './sql/sql-history.ts';
import { AppStore } from './state/app-store.ts';
import type { KeyValueFile } from './state/key-value-file.ts';
import { SavedState } from './state/saved-state.ts';
import { Tabs } from './state/tabs.ts';
import { connectionText } from './tunnels/connection-text.ts';
import { NativeApps } from './tunnels/native-app.ts';
import { PortBook } from './tunnels/port-book.ts';
import { Tunnels } from './tunnels/tunnels.ts';
import { vaultEncryption } from './vault-encryption.ts';
import { Vault } from './vault.ts';
import { AppWindow } from './window/app-window.ts';
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
  const log = (message: string, error: unknown): void => {
    const detail = error instanceof Error ? `: ${error.message}` : '';
    process.stderr.write(`drawbridge-desktop: ${message}${detail}\n`);
  };

  // What is kept
  const saved = new SavedState(keptFile('settings'));
  const encryption = vaultEncryption(safeStorage, process.platform);
  const vault = new Vault(keptFile('vault'), encryption);
  const history = new SqlHistory(keptFile('history'), clock);
  const tabs = new Tabs(saved);

  // The state, and who follows the gateways
  const browser = new Browser({
    gateways: () => gateways.profiles.map(({ url }) => url),
    program: options.env.DRAWBRIDGE_BROWSER,
    openExternal: (url) => shell.openExternal(url),
  });
  const gateways: Gateways = new Gateways({
    saved,
    newId: randomUUID,
    check: checkGateway,
    connect: (profile) => {
      const connection = new GatewayConnection({
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
    changed: () => mirror(),
  });
  const tunnels = new Tunnels({
    open: openTunnel,
    clock,
    newId: randomUUID,
    ports: new PortBook({
      kept: (gateway) => saved.settings(gateway).ports,
      all: () => gateways.profiles.flatMap(({ id }) => Object.values(saved.settings(id).ports)),
      keep: (gateway, key, port) => saved.savePort(gateway, key, port),
    }),
    changed: () => mirror(),
  });
  const consoles = new SqlConsoles(() => performance.now());
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

  /** What the window shows: the chosen gateway's view. */
  function mirror(): void {
    const activeGateway = gateways.activeId;
    const view: GatewayView | undefined = activeGateway === undefined ? undefined : gateways.connection(activeGateway).view;
    store.set({
      gateways: [...gateways.profiles],
      activeGateway,
      connection: view?.connection ?? { status: 'none' },
      me: view?.me,
      resources: view?.resources && [...view.resources],
      requests: view?.requests && [...view.requests],
      grants: view?.grants && [...view.grants],
      tunnels: activeGateway === undefined ? [] : tunnels.of(activeGateway),
      settings: saved.settings(activeGateway),
      tabs: tabs.of(activeGateway),
    });
  }

  function gatewayChanged(connection: GatewayConnection, before: GatewayView, after: GatewayView): void {
    const { id } = connection.profile;
    if (before.me !== undefined && after.me !== undefined && before.me.user.id !== after.me.user.id) void tunnels.closeAll(id);
    if (before.grants !== after.grants) {
      for (const grant of after.grants ?? []) if (!isUsable(grant)) tunnels.grantEnded(grant.id);
    }
    outside.changed(connection, before, after);
    if (id === gateways.activeId) mirror();
  }

  const saveSettings = (settings: Settings): void => {
    saved.saveSettings(gateways.activeId, settings);
    nativeTheme.themeSource = settings.theme;
  };
  const used = (resource: string): void => {
    const { settings } = store.state;
    const recents = [resource, ...settings.recents.filter((other) => other !== resource)].slice(0, MOST_RECENTS);
    saveSettings({ ...saved.settings(gateways.activeId), recents });
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
      outside.tell('Drawbridge keeps running', 'Tunnels stay open, and requests still reach you. Quit it from its icon beside the clock.');
    },
    log,
  });
  const open = (gateway: string, place: Place): void => {
    if (gateway !== '' && gateway !== gateways.activeId) gateways.select(gateway);
    window.show();
    window.whenLoaded(() => ipc.push('place.open', place));
  };

  // What happens without it
  const outside = new Outside({
    notifier: deferredNotifier(findNotifier(options.env)),
    clock,
    wanted: () => store.state.settings.notifications,
    open,
    watching: () => window.focused,
    log,
  });
  const closing = (): QuitQuestion | undefined =>
    quitQuestion({
      consoles: consoles.all,
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
    askNative: async (question) => {
      const { response } = await dialog.showMessageBox({
        type: 'question',
        ...quitDialogText(question),
        buttons: ['Quit', 'Cancel', 'Keep running in the tray'],
        defaultId: 0,
        cancelId: 1,
      });
      return response === 0 ? 'quit' : response === 2 ? 'tray' : 'cancel';
    },
    hideWindow: () => window.hide(),
    shutDown: async () => {
      consoles.closeAll();
      gateways.stop();
      outside.close();
      tray.destroy();
      await Promise.race([tunnels.closeAll(), new Promise((resolve) => clock.after(GOODBYE, () => resolve(undefined)))]);
    },
    exit: () => app.quit(),
  });
  const trayView = () => ({
    now: clock.now(),
    connection: store.state.connection,
    me: store.state.me?.user.id,
    requests: store.state.requests ?? [],
    grants: store.state.grants ?? [],
    gateways: store.state.gateways,
    activeGateway: store.state.activeGateway,
    closing: closing(),
  });
  const tray = new AppTray((action) => void actFromTray(action));
  const updateTray = (): void => {
    if (quit.leaving) return;
    const view = trayView();
    tray.update(trayMenu(view), trayFace(view));
  };
  async function actFromTray(action: TrayAction): Promise<void> {
    switch (action.type) {
      case 'open':
        return action.place === undefined ? window.show() : open('', action.place);
      case 'copy-psql':
        return await tunnels.open(gateways.active(), action.resource, action.profile).then(
          ({ tunnel }) => writeClipboard(connectionText(tunnel, 'psql')),
          (error: unknown) => outside.tell('Not copied', error instanceof Error ? error.message : '', { page: 'access' }),
        );
      case 'end-grant':
        return outside.endGrant(gateways.active(), GrantId.parse(action.grant));
      case 'cancel-request':
        return outside.cancelRequest(gateways.active(), RequestId.parse(action.request));
      case 'review':
        return outside.review(gateways.active(), action.request, action.verdict);
      case 'select-gateway':
        return gateways.select(action.gateway);
      case 'quit':
        return quit.request();
      default:
        action satisfies never;
    }
  }

  // What the page may ask
  const openPort = (id: string): MessagePortMain => {
    const { port1, port2 } = new MessageChannelMain();
    ipc.sendPort(id, port2);
    return port1;
  };
  // Newer versions answer with a promise.
  const writeClipboard = (text: string): void => void clipboard.writeText(text);
  const ipc: IpcServer = new IpcServer({
    ipcMain,
    page: () => window.page,
    log,
    handlers: {
      ...appHandlers({
        store,
        gateways,
        tabs,
        window,
        quit,
        saveSettings,
        writeClipboard,
        leaveGateway: async (id, forGood) => {
          await tunnels.closeAll(id);
          if (forGood) history.forget(id);
        },
      }),
      ...accessHandlers(gateways),
      ...tunnelHandlers({
        gateways,
        tunnels,
        nativeApps: new NativeApps({ env: options.env, platform: process.platform, home: homedir() }),
        writeClipboard,
        toast: (title, body) => ipc.push('toast', { kind: 'info', title, ...(body === undefined ? {} : { body }) }),
        used,
      }),
      ...sqlHandlers({ gateways, tunnels, consoles, history, openPort, used }),
      ...recordingHandlers({
        gateways,
        openPort,
        askWhere: async (suggestion) => {
          const question = { defaultPath: join(app.getPath('downloads'), suggestion) };
          const parent = window.window;
          const { canceled, filePath } =
            parent === undefined ? await dialog.showSaveDialog(question) : await dialog.showSaveDialog(parent, question);
          return canceled || filePath === '' ? undefined : filePath;
        },
      }),
    },
  });
  ipc.start();
  store.subscribe((patch) => {
    ipc.push('state.patch', patch);
    updateTray();
  });
  const tick = (): void => {
    updateTray();
    clock.after(TRAY_STEP, tick);
  };

  // Electron's own events
  app.on('before-quit', (event) => {
    if (quit.mayExit) return;
    event.preventDefault();
    void quit.request();
  });
  app.on('window-all-closed', () => undefined);
  app.on('activate', () => window.show());
  powerMonitor.on('resume', () => {
    for (const connection of gateways.connections) connection.retry();
  });
  powerMonitor.on('shutdown', () => void quit.leave());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void quit.leave());
  nativeTheme.on('updated', updateTray);
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  // In development it would register the bare Electron binary.
  if (app.isPackaged && app.commandLine.getSwitchValue('user-data-dir') === '') app.setAsDefaultProtocolClient('drawbridge');

  nativeTheme.themeSource = saved.settings(undefined).theme;
  await gateways.start();
  if (options.gatewayAddress !== undefined)
    await gateways.preset(options.gatewayAddress).catch((error: unknown) => log('the given gateway was not added', error));
  tick();
  window.show();

  const openLink = (link: string): void => {
    const parsed = parseDeepLink(link);
    window.show();
    if (parsed.type === 'place') return open('', parsed.place);
    window.whenLoaded(() => ipc.push('toast', { kind: 'denied', title: 'The link was not opened', body: parsed.reason }));
  };
  if (options.link !== undefined) openLink(options.link);
  return { show: () => window.show(), openLink };
}

/** A file of the app's data folder, readable by its owner alone. */
function keptFile(name: string): KeyValueFile {
  const file = new ElectronStore<Record<string, unknown>>({
    name,
    configFileMode: 0o600,
    // Keys hold addresses and resource names: a dot in them is a dot.
    accessPropertiesByDotNotation: false,
    // A damaged file costs settings, never the start.
    clearInvalidConfig: true,
  });
  return {
    get: (key) => file.get(key),
    set: (key, value) => file.set(key, value),
    delete: (key) => file.delete(key),
    keys: () => Object.keys(file.store),
  };
}

async function findNotifier(env: NodeJS.ProcessEnv): Promise<Notifier> {
  const dbus = process.platform === 'linux' ? await DbusNotifier.connect(env.DBUS_SESSION_BUS_ADDRESS, systemClock) : undefined;
  return (
    dbus ??
    new ElectronNotifier({
      create: (given) => new Notification(given),
      platform: process.platform,
      hasActions: hasActions(process.platform, process.versions.electron ?? '0'),
    })
  );
}

const platformOf = (platform: NodeJS.Platform): AppState['app']['platform'] =>
  platform === 'darwin' || platform === 'win32' ? platform : 'linux';
