import './shell.css';
import { useMediaQuery } from '@mantine/hooks';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useView } from '../state/view.ts';
import { ConnectionStrip } from './ConnectionStrip.tsx';
import { Content } from './Content.tsx';
import { RestoreOffer } from './RestoreOffer.tsx';
import { Sidebar } from './Sidebar.tsx';
import { TitleBar } from './TitleBar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

/** The window of somebody who is signed in. */
export function Shell() {
  const inSession = useView((view) => view.activeTab !== undefined);
  const unfolded = useView((view) => view.sessionSidebar);
  const folded = useApp((state) => state.settings.sidebarCollapsed);
  const narrow = useMediaQuery('(max-width: 860px)', false, { getInitialValueInEffect: false });
  // Beside a session the sidebar starts folded; ⌘B then unfolds it there alone.
  const rail = narrow || (inSession ? !unfolded : folded);
  const toggleSidebar = () => {
    if (inSession) useView.setState({ sessionSidebar: !unfolded });
    else
      void attempt('The sidebar did not change', () => call('settings.set', { sidebarCollapsed: !folded }));
  };
  useShortcuts(toggleSidebar);
  return (
    <div className={rail ? 'window rail' : 'window'}>
      <TitleBar rail={rail} onToggleSidebar={toggleSidebar} />
      <Sidebar rail={rail} />
      <main className="content">
        <ConnectionStrip />
        <RestoreOffer />
        <Content />
      </main>
    </div>
  );
}
