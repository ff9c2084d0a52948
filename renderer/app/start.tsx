import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { showToast } from '../state/actions.ts';
import { startAppStore } from '../state/app-store.ts';
import { listen } from '../state/bridge.ts';
import { bringBackTabs, useView } from '../state/view.ts';
import { App } from './App.tsx';
import { openPlace } from './open-place.ts';

/** Puts the app into the page once main has told its state. */
export async function start(root: HTMLElement): Promise<void> {
  listen('place.open', openPlace);
  listen('app.confirmQuit', (quit) => useView.setState({ quit }));
  listen('toast', showToast);
  const state = await startAppStore();
  // Open tabs are there already where the page was loaded anew, as after a crash of the renderer.
  if (state.tabs.open.length > 0) bringBackTabs(state.tabs.open, state.tabs.active);
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
