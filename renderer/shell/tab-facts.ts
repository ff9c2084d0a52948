import type { Tab } from '../../main/ipc/app-state.ts';
import type { IconName } from '../theme/Icon.tsx';

interface TabFacts {
  readonly icon: IconName;
  /** What it is, where its title says only on what. */
  readonly what: string;
}

const facts: Readonly<Record<Tab['kind'], TabFacts>> = {
  sql: { icon: 'database', what: 'SQL console' },
  ssh: { icon: 'terminal', what: 'Terminal' },
  shell: { icon: 'terminal', what: 'On this computer' },
  card: { icon: 'card', what: 'Connection card' },
  recording: { icon: 'recording', what: 'Recording' },
};

export const tabFacts = (tab: Tab): TabFacts => facts[tab.kind];

/** What a session's tab is connected to; undefined of tabs that are no session. */
export function resourceOf(tab: Tab): { readonly resource: string; readonly profile: string } | undefined {
  return tab.kind === 'recording' || tab.kind === 'shell' ? undefined : tab;
}
