import { attempt, openCard, openConnection, openLocalShell } from '../state/actions.ts';
import { appState } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { activateTab, openExtend, openRequest, showPage, useView } from '../state/view.ts';
import type { PaletteAct } from './palette-items.ts';

/** Does what an entry of the palette says. */
export function runPaletteAct(act: PaletteAct): void {
  switch (act.do) {
    case 'page':
      showPage(act.page);
      return;
    case 'tab':
      activateTab(act.tab);
      return;
    case 'resource':
      showPage('resources');
      useView.setState({ selected: act.resource });
      return;
    case 'connect':
      openConnection(act.resource, act.profile);
      return;
    case 'shell':
      openLocalShell({ resource: act.resource, profile: act.profile });
      return;
    case 'localShell':
      openLocalShell();
      return;
    case 'card':
      openCard(act.resource, act.profile);
      return;
    case 'request':
      openRequest(act.resource, act.profile);
      return;
    case 'end':
      void attempt(`Access to ${act.resource} did not end`, () => call('grants.end', { id: act.grant }));
      return;
    case 'extend':
      openExtend(act.grant);
      return;
    case 'review':
      showPage('approvals');
      useView.setState({ reviewed: act.request });
      return;
    case 'gateway':
      void attempt('The gateway was not changed', () => call('gateways.select', { id: act.gateway }));
      return;
    case 'theme':
      void attempt('The theme did not change', () => call('settings.set', { theme: act.theme }));
      return;
    case 'sidebar': {
      const { activeTab, sessionSidebar } = useView.getState();
      if (activeTab !== undefined) useView.setState({ sessionSidebar: !sessionSidebar });
      else
        void attempt('The sidebar did not change', () =>
          call('settings.set', { sidebarCollapsed: !appState().settings.sidebarCollapsed }),
        );
      return;
    }
    case 'keys':
      useView.setState({ keys: true });
      return;
    case 'addGateway':
      useView.setState({ addGateway: true });
      return;
    case 'signOut':
      void attempt('You are still signed in', () => call('signIn.out'));
      return;
    default:
      act satisfies never;
  }
}
