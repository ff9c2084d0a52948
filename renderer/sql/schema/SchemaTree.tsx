import { type KeyboardEvent, memo, useDeferredValue, useId, useMemo, useRef, useState } from 'react';
import type { SchemaTable } from '../../../main/ipc/sql-port.ts';
import { Icon, type IconName } from '../../theme/Icon.tsx';
import './schema-tree.css';
import { type TreeItem, treeItems } from './tree-items.ts';

const LINE = 26;
/** Lines drawn beyond what is in view. */
const AROUND = 12;

interface SchemaTreeProps {
  readonly database: string;
  /** Undefined until known. */
  readonly tables: readonly SchemaTable[] | undefined;
  readonly onInsert: (text: string) => void;
}

const icons: Readonly<Record<TreeItem['kind'], IconName>> = {
  database: 'database',
  schema: 'resources',
  table: 'table',
  view: 'eye',
  column: 'column',
};

/** Schemas, tables and columns; Enter or a double click puts a name into the editor. */
export const SchemaTree = memo(function SchemaTree({ database, tables, onInsert }: SchemaTreeProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [search, setSearch] = useState('');
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState('/');
  const [scroll, setScroll] = useState(0);
  const wanted = useDeferredValue(search);
  const items = useMemo(
    () => treeItems(database, tables ?? [], toggled, wanted),
    [database, tables, toggled, wanted],
  );
  const at = Math.max(
    0,
    items.findIndex((item) => item.key === active),
  );

  const toggle = (item: TreeItem) => {
    if (item.open === undefined) return;
    const key = wanted.trim() === '' ? item.key : `${wanted.trim().toLowerCase()} ${item.key}`;
    setToggled((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  const go = (index: number) => {
    const item = items[Math.max(0, Math.min(items.length - 1, index))];
    if (item === undefined) return;
    setActive(item.key);
    const top = items.indexOf(item) * LINE;
    const element = list.current;
    if (element && top < element.scrollTop) element.scrollTop = top;
    else if (element && top + LINE > element.scrollTop + element.clientHeight)
      element.scrollTop = top + LINE - element.clientHeight;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const item = items[at];
    if (item === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!move(event.key, item)) return;
    event.preventDefault();
  };
  /** What a key does, as in the ARIA tree pattern. @returns whether it means something here. */
  const move = (key: string, item: TreeItem): boolean => {
    switch (key) {
      case 'ArrowDown':
        go(at + 1);
        break;
      case 'ArrowUp':
        go(at - 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(items.length - 1);
        break;
      case 'ArrowRight':
        if (item.open === false) toggle(item);
        else if (item.open) go(at + 1);
        break;
      case 'ArrowLeft':
        if (item.open) toggle(item);
        else go(items.findLastIndex((other, index) => index < at && other.depth < item.depth));
        break;
      case ' ':
        toggle(item);
        break;
      case 'Enter':
        onInsert(item.insert);
        break;
      default:
        return false;
    }
    return true;
  };

  const first = Math.max(0, Math.floor(scroll / LINE) - AROUND);
  const shown = items.slice(
    first,
    first + Math.ceil((list.current?.clientHeight ?? 900) / LINE) + 2 * AROUND,
  );
  return (
    <section className="tree" aria-label="Tables">
      <div className="field">
        <Icon name="search" small />
        <input
          type="text"
          placeholder="Find a table or column"
          aria-label="Find a table or column"
          spellCheck={false}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') list.current?.focus();
            if (event.key === 'Escape') setSearch('');
          }}
        />
      </div>
      {tables === undefined ? (
        <div className="tree-wait" aria-hidden="true">
          {[140, 110, 150, 120].map((width) => (
            <div key={width} className="skeleton" style={{ width }} />
          ))}
        </div>
      ) : (
        <div
          ref={list}
          role="tree"
          aria-label="Schemas, tables and columns"
          className="tree-list"
          tabIndex={0}
          aria-activedescendant={
            shown.some((item) => item.key === items[at]?.key) ? `${id}-${at}` : undefined
          }
          onKeyDown={onKeyDown}
          onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
        >
          <div role="presentation" style={{ height: items.length * LINE, position: 'relative' }}>
            {shown.map((item, index) => (
              <Line
                key={item.key}
                id={`${id}-${first + index}`}
                item={item}
                top={(first + index) * LINE}
                active={first + index === at}
                onPress={() => {
                  setActive(item.key);
                  toggle(item);
                }}
                onInsert={() => onInsert(item.insert)}
              />
            ))}
          </div>
          {items.length === 1 && wanted !== '' ? <p className="tree-none">Nothing is called that.</p> : null}
          {items.length === 1 && wanted === '' && tables.length === 0 ? (
            <p className="tree-none">This profile sees no tables.</p>
          ) : null}
        </div>
      )}
    </section>
  );
});

interface LineProps {
  readonly id: string;
  readonly item: TreeItem;
  readonly top: number;
  readonly active: boolean;
  readonly onPress: () => void;
  readonly onInsert: () => void;
}

function Line({ id, item, top, active, onPress, onInsert }: LineProps) {
  const classes = ['tr', active ? 'on' : '', item.kind === 'column' || item.open === false ? '' : 'b'];
  const icon = item.masked ? 'masked' : item.keyColumn ? 'key' : icons[item.kind];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree holds the focus and takes the keys
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={id}
      role="treeitem"
      aria-level={item.depth + 1}
      aria-selected={active}
      aria-expanded={item.open}
      className={classes.join(' ')}
      style={{ top, paddingLeft: 8 + item.depth * 14 }}
      onClick={onPress}
      onDoubleClick={item.open === undefined ? onInsert : undefined}
    >
      {item.open === undefined ? null : <Icon name={item.open ? 'down' : 'right'} small />}
      <Icon name={icon} small className={item.masked ? 'mk' : ''} />
      <span className="ell">{item.name}</span>
      {item.masked ? <span className="visually-hidden">, masked</span> : null}
      <span className="ty">{item.note}</span>
    </div>
  );
}
