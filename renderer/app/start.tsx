import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Place } from '../../main/ipc/contract.ts';
import { showToast } from '../state/actions.ts';
import { startAppStore, watchApp } from '../state/app-store.ts';
import { listen } from '../state/bridge.ts';
import { adoptTabs, bringBackTabs, useView } from '../state/view.ts';
import { App } from './App.tsx';
import { openPlace } from './open-place.ts';

/** Puts the app into the page once main has told its state. */
export async function start(root: HTMLElement): Promise<void> {
  // A deep link may be what started the app: it waits until there is something to open it in.
  const early: Place[] = [];
  let open: (place: Place) => void = (place) => early.push(place);
  listen('place.open', (place) => open(place));
  listen('app.confirmQuit', (quit) => useView.setState({ quit }));
  listen('toast', showToast);
  const state = await startAppStore();
  // Open tabs are there already where the page was loaded anew, as after a crash of the renderer.
  adoptTabs(state.tabs.open, state.tabs.active);
  watchApp(
    ({ activeGateway }) => activeGateway,
    ({ tabs }, before) => {
      const take = before.activeGateway === undefined ? bringBackTabs : adoptTabs;
      take(tabs.open, tabs.active);
    },
  );
  open = openPlace;
  early.forEach(openPlace);
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
