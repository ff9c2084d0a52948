import { useEffect, useEffectEvent } from 'react';
import { appState } from '../state/app-store.ts';
import { isTyping, withCommand } from '../state/keys.ts';
import { activateTab, closeTab, showPage, useView } from '../state/view.ts';

/** The keys that work everywhere. Those of a page live with the page. */
export function useShortcuts(toggleSidebar: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const view = useView.getState();
    if (event.key === '?' && !isTyping(event.target) && view.request === undefined && !view.palette) {
      event.preventDefault();
      useView.setState({ keys: true });
      return;
    }
    if (!withCommand(event, appState().app.platform) || event.altKey) return;
    const done = commandKey(event.key.toLowerCase(), toggleSidebar);
    if (done) event.preventDefault();
  });
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function commandKey(key: string, toggleSidebar: () => void): boolean {
  const { palette, tabs, page, activeTab } = useView.getState();
  if (key === 'k') {
    useView.setState({ palette: !palette });
    return true;
  }
  if (key === 'b') {
    toggleSidebar();
    return true;
  }
  if (key === 'w' && activeTab !== undefined) {
    closeTab(activeTab);
    return true;
  }
  if (!/^[1-9]$/.test(key)) return false;
  const place = Number(key) - 1;
  if (place === 0) {
    showPage(page);
    return true;
  }
  const tab = tabs[place - 1];
  if (tab !== undefined) activateTab(tab.id);
  return tab !== undefined;
}
