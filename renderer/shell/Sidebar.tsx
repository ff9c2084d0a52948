import { Menu, Tooltip } from '@mantine/core';
import { GrantLeft, GrantRing } from '../access/GrantTime.tsx';
import { attempt, openConsole } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { environmentOf } from '../state/environment.ts';
import { useHeldToDecide } from '../state/held.ts';
import { useResource, useReviewable, useUsableGrants } from '../state/own-access.ts';
import { type Page, showPage, useView } from '../state/view.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';
import { GatewaySwitcher } from './GatewaySwitcher.tsx';
import { pages } from './page-facts.ts';

/** Pages, what is active, who is signed in. Folded to a rail of icons beside a session. */
export function Sidebar({ rail }: { readonly rail: boolean }) {
  return (
    <aside className="sidebar" aria-label="Sidebar">
      <GatewaySwitcher rail={rail} />
      <nav aria-label="Pages">
        <ul>
          {pages.map(({ page }) => (
            <li key={page}>
              <PageLink page={page} rail={rail} />
            </li>
          ))}
        </ul>
      </nav>
      {rail ? null : <ActiveNow />}
      <Person rail={rail} />
    </aside>
  );
}

function PageLink({ page, rail }: { readonly page: Page; readonly rail: boolean }) {
  const current = useView((view) => view.page === page);
  const atPage = useView((view) => view.page === page && view.activeTab === undefined);
  const grants = useUsableGrants();
  const reviews = useReviewable();
  const held = useHeldToDecide();
  const facts = pages.find((candidate) => candidate.page === page);
  if (facts === undefined) return null;
  const waiting = reviews.length + held.length;
  const badge = page === 'approvals' && waiting > 0 ? waiting : undefined;
  const count = page === 'access' && grants.length > 0 ? grants.length : undefined;
  const link = (
    <button
      type="button"
      className={`${rail ? 'railbtn' : 'nav'}${current ? ' on' : ''}`}
      aria-current={atPage ? 'page' : undefined}
      aria-label={rail ? facts.title : undefined}
      onClick={() => showPage(page)}
    >
      <Icon name={facts.icon} />
      {rail ? null : facts.title}
      {badge === undefined ? null : (
        <span className="badge">
          {badge}
          <span className="visually-hidden"> waiting</span>
        </span>
      )}
      {rail || count === undefined ? null : (
        <span className="count">
          {count}
          <span className="visually-hidden"> usable</span>
        </span>
      )}
    </button>
  );
  return rail ? (
    <Tooltip label={facts.title} position="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}

function ActiveNow() {
  const grants = useUsableGrants();
  const active = grants.filter((grant) => grant.state === 'active');
  if (active.length === 0) return null;
  return (
    <section aria-label="Active now" className="livelist">
      <h2 className="sidehead">Active now</h2>
      <ul>
        {active.map((grant) => (
          <li key={grant.id}>
            <button type="button" className="live" onClick={() => openConsole(grant.resource, grant.profile)}>
              <GrantRing grant={grant} />
              <span className="grow">
                <span className="strong row">
                  <span className="ell">{grant.resource}</span> <ProductionMark resource={grant.resource} />
                </span>
                <span className="meta">
                  {grant.profile}, <GrantLeft grant={grant} />
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ProductionMark({ resource }: { readonly resource: string }) {
  const found = useResource(resource);
  return found !== undefined && environmentOf(found.labels).production ? (
    <>
      <span className="prodbar" aria-hidden="true" />
      <span className="visually-hidden">Production</span>
    </>
  ) : null;
}

function Person({ rail }: { readonly rail: boolean }) {
  const user = useApp((state) => state.me?.user);
  if (user === undefined) return null;
  return (
    <Menu position="top-start" width={rail ? 200 : 192}>
      <Menu.Target>
        <button
          type="button"
          className="me"
          aria-label={`${user.displayName}, ${user.email ?? user.name}, account`}
        >
          <Avatar name={user.displayName} />
          {rail ? null : (
            <span className="grow">
              <span className="strong ell">{user.displayName}</span>
              <span className="meta ell">{user.groups.length > 0 ? user.groups.join(', ') : user.name}</span>
            </span>
          )}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label aria-hidden="true">{user.email ?? user.name}</Menu.Label>
        <Menu.Item leftSection={<Icon name="settings" small />} onClick={() => showPage('settings')}>
          Settings
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="keyboard" small />}
          onClick={() => useView.setState({ keys: true })}
        >
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="signOut" small />}
          onClick={() => void attempt('You are still signed in', () => call('signIn.out'))}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
