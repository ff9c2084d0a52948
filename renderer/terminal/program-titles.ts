import { create } from 'zustand';

/** What programs call themselves, by tab: shown behind the tab's own title, never in its place, and not kept. */
export const useProgramTitles = create<{ readonly titles: Readonly<Record<string, string>> }>(() => ({
  titles: {},
}));

/** Sets a tab's program title; an empty one takes it away. */
export function setProgramTitle(tab: string, title: string): void {
  const { titles } = useProgramTitles.getState();
  if ((titles[tab] ?? '') === title) return;
  const { [tab]: _, ...others } = titles;
  useProgramTitles.setState({ titles: title === '' ? others : { ...others, [tab]: title } });
}
