import type { Resource } from '@drawbridge/contract';
import { Menu } from '@mantine/core';
import { type KeyboardEvent, type RefObject, useMemo } from 'react';
import { Icon } from '../theme/Icon.tsx';
import { Seg } from '../theme/Seg.tsx';
import type { StateFilter } from './filter-resources.ts';
import { useFilter } from './filter-store.ts';
import { protocolFacts } from './protocol-facts.ts';

const stateNames: Readonly<Record<StateFilter, string>> = {
  any: 'Any state',
  usable: 'Can connect',
  waiting: 'Waiting',
  none: 'No access',
};

interface FilterBarProps {
  readonly resources: readonly Resource[];
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onSearchKey: (event: KeyboardEvent<HTMLInputElement>) => void;
}

/** Narrows the list as you type or choose; each choice shows as what it is. */
export function FilterBar({ resources, search, onSearchKey }: FilterBarProps) {
  const filter = useFilter();
  const protocols = useMemo(
    () => [...new Set(resources.map((resource) => resource.protocol))].sort(),
    [resources],
  );
  return (
    <search className="bar filterbar">
      <div className="field searchfield">
        <Icon name="search" small />
        <input
          ref={search}
          type="search"
          aria-label="Search resources"
          placeholder="Search name or label"
          value={filter.text}
          spellCheck={false}
          onChange={(event) => useFilter.setState({ text: event.currentTarget.value })}
          onKeyDown={onSearchKey}
        />
        {filter.text === '' ? (
          <span className="kbd" aria-hidden="true">
            /
          </span>
        ) : null}
      </div>
      {protocols.length < 2 ? null : (
        <Seg
          label="Protocol"
          value={filter.protocol}
          options={[
            { value: 'all', text: 'All' },
            ...protocols.map((protocol) => ({ value: protocol, text: protocolFacts(protocol).name })),
          ]}
          onChange={(protocol) => useFilter.setState({ protocol })}
        />
      )}
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className="chip">
            {stateNames[filter.state]} <Icon name="down" small className="t3" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(stateNames) as StateFilter[]).map((state) => (
            <Menu.Item
              key={state}
              leftSection={
                <Icon name="check" small className={state === filter.state ? 'c-accent' : 'gone'} />
              }
              aria-current={state === filter.state ? 'true' : undefined}
              onClick={() => useFilter.setState({ state })}
            >
              {stateNames[state]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {filter.labels.map(({ key, value }) => (
        <button
          key={key}
          type="button"
          className="chip"
          aria-label={`Stop filtering by ${key}: ${value}`}
          onClick={() => useFilter.setState({ labels: filter.labels.filter((label) => label.key !== key) })}
        >
          {key}: {value} <Icon name="close" small className="t3" />
        </button>
      ))}
      <LabelMenu resources={resources} />
    </search>
  );
}

function LabelMenu({ resources }: { readonly resources: readonly Resource[] }) {
  const chosen = useFilter((filter) => filter.labels);
  const labels = useMemo(() => {
    const values = new Map<string, Set<string>>();
    for (const resource of resources) {
      for (const [key, value] of Object.entries(resource.labels)) {
        values.set(key, (values.get(key) ?? new Set()).add(value));
      }
    }
    return [...values].toSorted(([a], [b]) => a.localeCompare(b));
  }, [resources]);
  if (labels.length === 0) return null;
  const choose = (key: string, value: string) =>
    useFilter.setState({ labels: [...chosen.filter((label) => label.key !== key), { key, value }] });
  return (
    <Menu position="bottom-start" width={200}>
      <Menu.Target>
        <button type="button" className="chip dash">
          <Icon name="plus" small />
          Label
        </button>
      </Menu.Target>
      <Menu.Dropdown className="tallmenu">
        {labels.map(([key, values]) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
          <div key={key} role="group" aria-label={key}>
            <Menu.Label aria-hidden="true">{key}</Menu.Label>
            {[...values].sort().map((value) => (
              <Menu.Item key={value} onClick={() => choose(key, value)}>
                {value}
              </Menu.Item>
            ))}
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
