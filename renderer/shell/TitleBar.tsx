import type { Tab } from '../../main/ipc/app-state.ts';
import { GrantLeft } from '../access/GrantTime.tsx';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { environmentOf } from '../state/environment.ts';
import { isUsable, timeLeft } from '../state/grant-time.ts';
import { shortcutText } from '../state/keys.ts';
import { useGrantOf, useResource } from '../state/own-access.ts';
import { activateTab, closeTab, showPage, useView } from '../state/view.ts';
import { useProgramTitles } from '../terminal/program-titles.ts';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { pageFacts } from './page-facts.ts';
import { resourceOf, tabFacts } from './tab-facts.ts';

interface TitleBarProps {
  /** Before anything is signed in to there is only the window to hold. */
  readonly bare?: boolean;
  readonly rail?: boolean;
  readonly onToggleSidebar?: () => void;
}

/** Tabs, search, and on Windows and Linux the window's own buttons. */
export function TitleBar({ bare = false, rail = false, onToggleSidebar }: TitleBarProps) {
  const platform = useApp((state) => state.app.platform);
  return (
    <header className={`titlebar ${platform}`}>
      {bare ? (
        <span className="grow" />
      ) : (
        <>
          <span className={rail ? 'lead rail' : 'lead'}>
            <IconButton
              icon="sidebar"
              label={`Sidebar (${shortcutText(platform, 'B')})`}
              onClick={onToggleSidebar}
            />
          </span>
          <Tabs />
          <button
            type="button"
            className="omni"
            aria-keyshortcuts={platform === 'darwin' ? 'Meta+K' : 'Control+K'}
            onClick={() => useView.setState({ palette: true })}
          >
            <Icon name="search" small />
            <span className="grow">Go to anything</span>
            <span className="kbd" aria-hidden="true">
              {shortcutText(platform, 'K')}
            </span>
          </button>
        </>
      )}
      {platform === 'darwin' ? null : <WindowControls />}
    </header>
  );
}

function Tabs() {
  const page = useView((view) => view.page);
  const tabs = useView((view) => view.tabs);
  const active = useView((view) => view.activeTab);
  const { title, icon } = pageFacts(page);
  return (
    <nav className="tabs" aria-label="Tabs">
      <ul>
        <li className={active === undefined ? 'tab on' : 'tab'}>
          <button
            type="button"
            aria-current={active === undefined ? 'page' : undefined}
            onClick={() => showPage(page)}
          >
            <Icon name={icon} />
            <span>{title}</span>
          </button>
        </li>
        {tabs.length > 0 ? <li className="tabsep" aria-hidden="true" /> : null}
        {tabs.map((tab) => (
          <SessionTab key={tab.id} tab={tab} on={tab.id === active} />
        ))}
      </ul>
      {tabs.length > 0 ? (
        <IconButton icon="plus" label="Open another" onClick={() => useView.setState({ palette: true })} />
      ) : null}
    </nav>
  );
}

function SessionTab({ tab, on }: { readonly tab: Tab; readonly on: boolean }) {
  const session = resourceOf(tab);
  const resource = useResource(session?.resource);
  const grant = useGrantOf(session?.resource ?? '', session?.profile ?? '');
  const program = useProgramTitles(({ titles }) => titles[tab.id]);
  const now = useNow();
  const usable = grant !== undefined && isUsable(grant, now) ? grant : undefined;
  const soon = usable !== undefined && timeLeft(usable, now).soon;
  const production = resource !== undefined && environmentOf(resource.labels).production;
  return (
    <li className={`tab${on ? ' on' : ''}${soon ? ' soon' : ''}`}>
      <button type="button" aria-current={on ? 'page' : undefined} onClick={() => activateTab(tab.id)}>
        {production ? <ProductionBar /> : null}
        <Icon name={tabFacts(tab).icon} />
        <span className="ell">
          {tab.title}
          {program === undefined ? null : <span className="t3">: {program}</span>}
        </span>
        {usable === undefined ? null : (
          <span className="left">
            <GrantLeft grant={usable} short />
          </span>
        )}
      </button>
      <button
        type="button"
        className="tabclose"
        aria-label={`Close ${tab.title}`}
        onClick={() => closeTab(tab.id)}
      >
        <Icon name="close" small />
      </button>
    </li>
  );
}

function ProductionBar() {
  return (
    <>
      <span className="prodbar" aria-hidden="true" />
      <span className="visually-hidden">Production </span>
    </>
  );
}

function WindowControls() {
  const control = (action: 'minimize' | 'maximize' | 'close') => () =>
    void attempt('The window did not answer', () => call('window.control', { action }));
  return (
    <span className="wincontrols">
      <button type="button" className="iconbtn" aria-label="Minimize" onClick={control('minimize')}>
        <Icon name="minimize" />
      </button>
      <button type="button" className="iconbtn" aria-label="Maximize" onClick={control('maximize')}>
        <Icon name="maximize" />
      </button>
      <button type="button" className="iconbtn winclose" aria-label="Close window" onClick={control('close')}>
        <Icon name="close" />
      </button>
    </span>
  );
}
