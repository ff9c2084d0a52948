import type { Gateways } from '../gateway/gateways.ts';
import type { Settings } from '../ipc/app-state.ts';
import type { Handlers } from '../ipc/serve.ts';
import type { QuitFlow } from '../outside/quit-flow.ts';
import type { AppStore } from '../state/app-store.ts';
import type { Tabs } from '../state/tabs.ts';
import type { AppWindow } from '../window/app-window.ts';

type AppOperations =
  | 'state.get'
  | 'gateways.add'
  | 'gateways.remove'
  | 'gateways.select'
  | 'signIn.start'
  | 'signIn.cancel'
  | 'signIn.out'
  | 'connection.retry'
  | 'settings.set'
  | 'tabs.save'
  | 'tabs.restore'
  | 'clipboard.write'
  | 'window.control'
  | 'app.quit';

export interface AppHandlersParts {
  readonly store: AppStore;
  readonly gateways: Gateways;
  readonly tabs: Tabs;
  readonly window: Pick<AppWindow, 'control'>;
  readonly quit: Pick<QuitFlow, 'answer'>;
  readonly saveSettings: (settings: Settings) => void;
  /** Ends what belongs to a gateway: tunnels, history. */
  readonly leaveGateway: (id: string, forGood: boolean) => Promise<void>;
  readonly writeClipboard: (text: string) => void;
}

/** The app itself: gateways, sign-in, settings, tabs, window. */
export function appHandlers(parts: AppHandlersParts): Pick<Handlers, AppOperations> {
  const { store, gateways, tabs } = parts;
  return {
    'state.get': () => store.state,
    'gateways.add': async ({ url, name }) => {
      await gateways.add(url, name);
      return undefined;
    },
    'gateways.remove': async ({ id }) => {
      await parts.leaveGateway(id, true);
      await gateways.remove(id);
      return undefined;
    },
    'gateways.select': ({ id }) => {
      gateways.select(id);
      return undefined;
    },
    'signIn.start': () => {
      // Its end shows in the state; the browser may take minutes.
      void gateways.active().signIn();
      return undefined;
    },
    'signIn.cancel': () => {
      gateways.active().cancelSignIn();
      return undefined;
    },
    'signIn.out': async () => {
      const gateway = gateways.active();
      await parts.leaveGateway(gateway.profile.id, false);
      await gateway.signOut();
      return undefined;
    },
    'connection.retry': () => {
      gateways.active().retry();
      return undefined;
    },
    'settings.set': (change) => {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const settings: Settings = { ...store.state.settings, ...given };
      parts.saveSettings(settings);
      store.set({ settings });
      return undefined;
    },
    'tabs.save': ({ open, active }) => {
      const gateway = gateways.activeId;
      if (gateway !== undefined) store.set({ tabs: tabs.save(gateway, open, active) });
      return undefined;
    },
    'tabs.restore': ({ accept }) => {
      const gateway = gateways.activeId;
      if (gateway !== undefined) store.set({ tabs: tabs.answer(gateway, accept) });
      return undefined;
    },
    'clipboard.write': ({ text }) => {
      parts.writeClipboard(text);
      return undefined;
    },
    'window.control': ({ action }) => {
      parts.window.control(action);
      return undefined;
    },
    'app.quit': async ({ answer }) => {
      await parts.quit.answer(answer);
      return undefined;
    },
  };
}
