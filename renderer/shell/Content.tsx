import { lazy, type ReactNode, Suspense } from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import { AccessPage } from '../access/AccessPage.tsx';
import { CardTab } from '../access/CardTab.tsx';
import { ApprovalsPage } from '../approvals/ApprovalsPage.tsx';
import { ResourcesPage } from '../resources/ResourcesPage.tsx';
import { SettingsPage } from '../settings/SettingsPage.tsx';
import { type Page, useView } from '../state/view.ts';
import { EndingStrip } from './EndingStrip.tsx';
import { Failsafe } from './Failsafe.tsx';
import { resourceOf } from './tab-facts.ts';

// What a session or a recording needs is a lot of code that the first page doesn't.
const SqlTab = lazy(() => import('../sql/SqlTab.tsx').then(({ SqlTab }) => ({ default: SqlTab })));
const TerminalTab = lazy(() =>
  import('../terminal/TerminalTab.tsx').then(({ TerminalTab }) => ({ default: TerminalTab })),
);
const RecordingTab = lazy(() =>
  import('../recordings/RecordingTab.tsx').then(({ RecordingTab }) => ({ default: RecordingTab })),
);
const RecordingsPage = lazy(() =>
  import('../recordings/RecordingsPage.tsx').then(({ RecordingsPage }) => ({ default: RecordingsPage })),
);

const PolicyPage = lazy(() =>
  import('../policy/PolicyPage.tsx').then(({ PolicyPage }) => ({ default: PolicyPage })),
);

/** The page, or the session tab in front. Tabs stay mounted: a running result goes on behind another tab. */
export function Content() {
  const page = useView((view) => view.page);
  const tabs = useView((view) => view.tabs);
  const active = useView((view) => view.activeTab);
  return (
    <>
      {active === undefined ? (
        <div className="pane" key={page}>
          <Failsafe what="This page">
            <Suspense>{pageOf(page)}</Suspense>
          </Failsafe>
        </div>
      ) : null}
      {tabs.map((tab) => (
        <div className="pane" key={tab.id} hidden={tab.id !== active}>
          <Ending tab={tab} />
          <Failsafe what="This tab">
            <Suspense>{tabOf(tab)}</Suspense>
          </Failsafe>
        </div>
      ))}
    </>
  );
}

function pageOf(page: Page): ReactNode {
  switch (page) {
    case 'resources':
      return <ResourcesPage />;
    case 'access':
      return <AccessPage />;
    case 'approvals':
      return <ApprovalsPage />;
    case 'recordings':
      return <RecordingsPage />;
    case 'policy':
      return <PolicyPage />;
    case 'settings':
      return <SettingsPage />;
    default:
      return page satisfies never;
  }
}

function Ending({ tab }: { readonly tab: Tab }) {
  const on = resourceOf(tab);
  return on === undefined ? null : (
    <EndingStrip resource={on.resource} profile={on.profile} shell={tab.kind === 'ssh'} />
  );
}

function tabOf(tab: Tab): ReactNode {
  switch (tab.kind) {
    case 'sql':
      return <SqlTab tab={tab} />;
    case 'ssh':
    case 'shell':
      return <TerminalTab tab={tab} />;
    case 'card':
      return <CardTab tab={tab} />;
    case 'recording':
      return <RecordingTab tab={tab} />;
    default:
      return tab satisfies never;
  }
}
