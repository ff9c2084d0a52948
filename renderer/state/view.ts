import { create } from 'zustand';
import type { Tab } from '../../main/ipc/app-state.ts';
import type { QuitQuestion } from '../../main/ipc/contract.ts';
import { call } from './bridge.ts';

export type Page = 'resources' | 'access' | 'approvals' | 'recordings' | 'policy' | 'settings';

/** What is on screen: the renderer's own state. Tabs are kept by main over restarts (`tabs.save`). */
export interface View {
  readonly page: Page;
  readonly tabs: readonly Tab[];
  /** The tab shown; undefined shows the page. */
  readonly activeTab: string | undefined;
  /** The resource in the inspector. */
  readonly selected: string | undefined;
  /** The request or held statement under review. */
  readonly reviewed: string | undefined;
  /** What is asked for; `also` are further resources of the same request. */
  readonly request:
    | {
        readonly resource: string;
        readonly profile: string | undefined;
        readonly also: readonly string[];
      }
    | undefined;
  /** Resources ticked in the list, to be asked for together. */
  readonly picked: readonly string[];
  /** The grant that more time is asked for. */
  readonly extend: string | undefined;
  readonly palette: boolean;
  readonly keys: boolean;
  readonly addGateway: boolean;
  readonly quit: QuitQuestion | undefined;
  /** The sidebar unfolded beside a session, where it starts as a rail. */
  readonly sessionSidebar: boolean;
  /** The person already answered whether to bring tabs back. */
  readonly offerAnswered: boolean;
}

export const useView = create<View>(() => ({
  page: 'resources',
  tabs: [],
  activeTab: undefined,
  selected: undefined,
  reviewed: undefined,
  request: undefined,
  picked: [],
  extend: undefined,
  palette: false,
  keys: false,
  addGateway: false,
  quit: undefined,
  sessionSidebar: false,
  offerAnswered: false,
}));

const set = useView.setState;

let saving: ReturnType<typeof setTimeout> | undefined;

/** Typing in a console changes its tab with every key; main hears of it a moment later. */
function saveTabs(): void {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const { tabs, activeTab } = useView.getState();
    call('tabs.save', { open: [...tabs], ...(activeTab === undefined ? {} : { active: activeTab }) }).catch(
      () => {
        // Nothing is lost on screen; the next change saves again.
      },
    );
  }, 400);
}

export function showPage(page: Page): void {
  set({ page, activeTab: undefined, reviewed: undefined });
  saveTabs();
}

export function activateTab(id: string): void {
  set({ activeTab: id });
  saveTabs();
}

/** Opens a tab, or shows the one that is already open with its id. */
export function openTab(tab: Tab): void {
  const { tabs } = useView.getState();
  const known = tabs.some((open) => open.id === tab.id);
  set({ tabs: known ? tabs : [...tabs, tab], activeTab: tab.id });
  saveTabs();
}

/** Brings tabs back behind those that are open, as after a restart. */
export function bringBackTabs(tabs: readonly Tab[], active: string | undefined): void {
  const { tabs: open, activeTab } = useView.getState();
  const all = [...open, ...tabs.filter((tab) => !open.some((known) => known.id === tab.id))];
  set({ tabs: all, activeTab: all.some((tab) => tab.id === active) ? active : activeTab });
  saveTabs();
}

/** Takes over the tabs that main holds: at the start, and when another gateway comes in front. */
export function adoptTabs(tabs: readonly Tab[], active: string | undefined): void {
  // What waits to be saved belongs to the gateway before.
  clearTimeout(saving);
  set({
    tabs,
    activeTab: tabs.some((tab) => tab.id === active) ? active : undefined,
    selected: undefined,
    reviewed: undefined,
    request: undefined,
    picked: [],
    extend: undefined,
    offerAnswered: false,
  });
}

export function closeTab(id: string): void {
  const { tabs, activeTab } = useView.getState();
  const index = tabs.findIndex((tab) => tab.id === id);
  if (index === -1) return;
  const closed = tabs[index];
  if (closed?.kind === 'ssh' || closed?.kind === 'shell') {
    call('terminals.close', { tab: id }).catch(() => {
      // Where main doesn't answer, no terminal of its is left either.
    });
  }
  const rest = tabs.filter((tab) => tab.id !== id);
  const next = rest[Math.min(index, rest.length - 1)]?.id;
  set({ tabs: rest, activeTab: activeTab === id ? next : activeTab });
  saveTabs();
}

/** Changes what a tab holds: the text of a console, a title. */
export function updateTab(id: string, change: { readonly title?: string; readonly text?: string }): void {
  const { tabs } = useView.getState();
  set({ tabs: tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)) });
  saveTabs();
}

export function openRequest(resource: string, profile?: string): void {
  set({ request: { resource, profile, also: [] }, palette: false });
}

/** One request for several resources. */
export function openRequestForAll([resource, ...also]: readonly string[]): void {
  if (resource !== undefined) set({ request: { resource, profile: undefined, also }, palette: false });
}

/** Ticks a resource, or takes the tick away. */
export function togglePicked(resource: string): void {
  const { picked } = useView.getState();
  set({
    picked: picked.includes(resource) ? picked.filter((name) => name !== resource) : [...picked, resource],
  });
}

/** Asks for more time under a grant. */
export function openExtend(grant: string): void {
  set({ extend: grant, palette: false });
}
