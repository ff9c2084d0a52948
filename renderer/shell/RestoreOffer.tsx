import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { bringBackTabs, useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';

/** Tabs of the last run come back only when asked for: opening one opens a connection. */
export function RestoreOffer() {
  const offered = useApp((state) => state.tabs.offered);
  const answered = useView((view) => view.offerAnswered);
  if (answered || offered.length === 0) return null;
  const answer = (accept: boolean) => {
    useView.setState({ offerAnswered: true });
    void attempt('The tabs did not come back', () => call('tabs.restore', { accept }));
    if (accept) bringBackTabs(offered, offered[0]?.id);
  };
  const names = [...new Set(offered.map((tab) => tab.title))];
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  return (
    <section className="notice plain" aria-label="Tabs of the last run">
      <Icon name="history" />
      <span className="grow ell">
        {offered.length === 1 ? 'One tab was' : `${offered.length} tabs were`} open last time: {shown}
      </span>
      <Button onClick={() => answer(true)}>
        {offered.length === 1 ? 'Open it again' : 'Open them again'}
      </Button>
      <Button look="ghost" onClick={() => answer(false)}>
        Not now
      </Button>
    </section>
  );
}
