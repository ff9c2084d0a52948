import type { Gateways } from '../gateway/gateways.ts';
import type { StatePatch } from '../ipc/app-state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { SavedState } from './saved-state.ts';
import type { Tabs } from './tabs.ts';

export interface WindowStateParts {
  readonly gateways: Pick<Gateways, 'activeId' | 'profiles' | 'connection'>;
  readonly tunnels: Pick<Tunnels, 'of'>;
  readonly saved: Pick<SavedState, 'settings'>;
  readonly tabs: Pick<Tabs, 'of'>;
}

/** What the window shows of the gateways: the chosen one's view, tunnels, settings and tabs. */
export function windowState({ gateways, tunnels, saved, tabs }: WindowStateParts): StatePatch {
  const { activeId, profiles } = gateways;
  const view = activeId === undefined ? undefined : gateways.connection(activeId).view;
  return {
    gateways: [...profiles],
    activeGateway: activeId,
    connection: view?.connection ?? { status: 'none' },
    me: view?.me,
    resources: view?.resources && [...view.resources],
    requests: view?.requests && [...view.requests],
    grants: view?.grants && [...view.grants],
    commandReviews: view?.commandReviews && [...view.commandReviews],
    tunnels: activeId === undefined ? [] : tunnels.of(activeId),
    settings: saved.settings(activeId),
    tabs: tabs.of(activeId),
  };
}
