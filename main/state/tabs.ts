import type { AppState, Tab } from '../ipc/app-state.ts';
import type { SavedState } from './saved-state.ts';

type TabsSlice = AppState['tabs'];
const NONE: TabsSlice = { open: [], offered: [] };

/**
 * The tabs of each gateway. Those of the last run are offered once a run; as long as nobody has answered
 * they stay in the file beside the new ones, so that a crash before the answer loses neither.
 */
export class Tabs {
  readonly #saved: Pick<SavedState, 'tabs' | 'saveTabs'>;
  readonly #current = new Map<string, TabsSlice>();

  constructor(saved: Pick<SavedState, 'tabs' | 'saveTabs'>) {
    this.#saved = saved;
  }

  of(gateway: string | undefined): TabsSlice {
    if (gateway === undefined) return NONE;
    let tabs = this.#current.get(gateway);
    if (tabs === undefined) {
      tabs = { open: [], offered: this.#saved.tabs(gateway).open };
      this.#current.set(gateway, tabs);
    }
    return tabs;
  }

  save(gateway: string, open: readonly Tab[], active: string | undefined): TabsSlice {
    return this.#keep(gateway, { open: [...open], active, offered: this.of(gateway).offered });
  }

  /** Answers the offer: the tabs come back behind those opened meanwhile, or are forgotten. */
  answer(gateway: string, accept: boolean): TabsSlice {
    const { open, active, offered } = this.of(gateway);
    const ids = new Set(open.map((tab) => tab.id));
    const back = accept ? offered.filter((tab) => !ids.has(tab.id)) : [];
    return this.#keep(gateway, {
      open: [...open, ...back],
      active: active ?? (accept ? (this.#saved.tabs(gateway).active ?? back[0]?.id) : undefined),
      offered: [],
    });
  }

  #keep(gateway: string, tabs: TabsSlice): TabsSlice {
    this.#current.set(gateway, tabs);
    const open = [
      ...tabs.open,
      ...tabs.offered.filter((offer) => !tabs.open.some((tab) => tab.id === offer.id)),
    ];
    const active = tabs.active ?? (tabs.offered.length > 0 ? this.#saved.tabs(gateway).active : undefined);
    this.#saved.saveTabs(gateway, { open, ...(active === undefined ? {} : { active }) });
    return tabs;
  }
}
