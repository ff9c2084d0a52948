import './resources.css';
import type { Resource } from '@drawbridge/contract';
import { type KeyboardEvent, useEffect, useEffectEvent, useMemo, useRef } from 'react';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { isTyping } from '../state/keys.ts';
import { useAccess } from '../state/own-access.ts';
import { openRequestForAll, useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Seg } from '../theme/Seg.tsx';
import { FilterBar } from './FilterBar.tsx';
import { everything, filterResources, groupResources } from './filter-resources.ts';
import { useFilter } from './filter-store.ts';
import { Inspector } from './Inspector.tsx';
import { runMainAction } from './main-action.ts';
import { ResourceCard } from './ResourceCard.tsx';
import { ResourceRow } from './ResourceRow.tsx';

const none: readonly Resource[] = [];

/** What there is to reach, and the one next step for each. */
export function ResourcesPage() {
  const known = useApp((state) => state.resources);
  const settings = useApp((state) => state.settings);
  const resources = known ?? none;
  const access = useAccess(resources);
  const filter = useFilter();
  const groups = useMemo(
    () => groupResources(filterResources(resources, access, filter), settings.favourites, settings.recents),
    [resources, access, filter, settings.favourites, settings.recents],
  );
  const shown = groups.flatMap((group) => group.resources);
  const wanted = useView((view) => view.selected);
  const selected = shown.find((resource) => resource.name === wanted) ?? shown[0];
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const ticked = useView((view) => view.picked);
  // What was granted or asked for meanwhile needs no tick any more.
  const picked = ticked.filter((name) => {
    const kind = access.get(name)?.kind;
    return kind === 'none' || kind === 'denied';
  });
  const select = (name: string) => useView.setState({ selected: name });
  const move = (by: number) => {
    const at = shown.findIndex((resource) => resource.name === selected?.name);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next === undefined) return undefined;
    select(next.name);
    return list.current?.querySelector<HTMLElement>(`[data-resource="${next.name}"]`) ?? undefined;
  };
  const open = () => {
    const found = selected === undefined ? undefined : access.get(selected.name);
    if (selected !== undefined && found !== undefined) runMainAction(selected, found);
  };
  const onSearchKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open();
    } else if (event.key === 'Escape') {
      if (filter.text === '') event.currentTarget.blur();
      else useFilter.setState({ text: '' });
    }
  };
  const onListKey = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.resource === undefined) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1)?.focus();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open();
    }
  };
  const onSlash = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== '/' || isTyping(event.target) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.current?.focus();
    search.current?.select();
  });
  useEffect(() => {
    window.addEventListener('keydown', onSlash);
    return () => window.removeEventListener('keydown', onSlash);
  }, []);

  const Entry = settings.resourceView === 'cards' ? ResourceCard : ResourceRow;
  return (
    <>
      <div className="pagehead">
        <h1>Resources</h1>
        {known === undefined ? null : (
          <span className="meta" role="status">
            {shown.length === resources.length
              ? resources.length
              : `${shown.length} of ${resources.length} shown`}
          </span>
        )}
        <span className="grow" />
        {picked.length === 0 ? null : (
          <>
            <Button look="ghost" onClick={() => useView.setState({ picked: [] })}>
              Clear
            </Button>
            <Button look="primary" onClick={() => openRequestForAll(picked)}>
              Request access to {picked.length}
            </Button>
          </>
        )}
        <Seg
          label="View"
          value={settings.resourceView}
          options={[
            { value: 'list', text: <Icon name="list" small />, label: 'List' },
            { value: 'cards', text: <Icon name="cards" small />, label: 'Cards' },
          ]}
          onChange={(resourceView) =>
            void attempt('The view did not change', () => call('settings.set', { resourceView }))
          }
        />
      </div>
      <FilterBar resources={resources} search={search} onSearchKey={onSearchKey} />
      <div className={selected === undefined ? 'split alone' : 'split'}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the buttons inside */}
        <div className="list" ref={list} onKeyDown={onListKey}>
          {known === undefined ? <Loading /> : null}
          {known !== undefined && shown.length === 0 ? <Nothing any={resources.length > 0} /> : null}
          {groups.map((group) => (
            <section key={group.title} aria-label={group.title}>
              <h2 className="grouphead">{group.title}</h2>
              <ul className={settings.resourceView === 'cards' ? 'cardgrid' : ''}>
                {group.resources.map((resource) => (
                  <Entry
                    key={resource.name}
                    resource={resource}
                    access={access.get(resource.name) ?? { kind: 'none' }}
                    favourite={settings.favourites.includes(resource.name)}
                    selected={resource.name === selected?.name}
                    onSelect={() => select(resource.name)}
                  />
                ))}
              </ul>
            </section>
          ))}
        </div>
        {selected === undefined ? null : (
          <Inspector
            key={selected.name}
            resource={selected}
            access={access.get(selected.name) ?? { kind: 'none' }}
          />
        )}
      </div>
    </>
  );
}

function Loading() {
  return (
    <div className="loadingrows" aria-busy="true">
      {['a', 'b', 'c', 'd', 'e'].map((row) => (
        <div key={row} className="skeleton" />
      ))}
    </div>
  );
}

function Nothing({ any }: { readonly any: boolean }) {
  return any ? (
    <div className="empty">
      <Icon name="search" />
      <p>No resource matches.</p>
      <Button onClick={() => useFilter.setState(everything)}>Show all</Button>
    </div>
  ) : (
    <div className="empty">
      <Icon name="resources" />
      <p>There is no resource you may ask for yet. Whoever runs this gateway decides which ones you see.</p>
    </div>
  );
}
