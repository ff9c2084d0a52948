import './palette.css';
import type { Resource } from '@drawbridge/contract';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { pages } from '../shell/page-facts.ts';
import { useApp } from '../state/app-store.ts';
import { environmentOf } from '../state/environment.ts';
import { useHeldToDecide } from '../state/held.ts';
import { useAccess, useReviewable } from '../state/own-access.ts';
import { useView } from '../state/view.ts';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { type PaletteItem, paletteItems, searchPalette } from './palette-items.ts';
import { runPaletteAct } from './run-palette-act.ts';

const none: readonly Resource[] = [];

/** Goes to anything and does anything, by typing. */
export function Palette() {
  const open = useView((view) => view.palette);
  return open ? <OpenPalette /> : null;
}

function OpenPalette() {
  const state = useApp((whole) => whole);
  const tabs = useView((view) => view.tabs);
  const access = useAccess(state.resources ?? none);
  const reviewable = useReviewable();
  const held = useHeldToDecide();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const items = useMemo(
    () =>
      paletteItems({
        state,
        tabs,
        access,
        reviewable,
        held,
        pages,
        isProduction: (resource) => environmentOf(resource.labels).production,
      }),
    [state, tabs, access, reviewable, held],
  );
  const found = useMemo(() => searchPalette(items, text), [items, text]);
  const current = found[Math.min(at, found.length - 1)];
  const close = () => useView.setState({ palette: false });
  const run = (item: PaletteItem) => {
    close();
    runPaletteAct(item.act);
  };
  useEffect(() => {
    if (current === undefined) return;
    list.current
      ?.querySelector(`[id="${listId}${CSS.escape(current.id)}"]`)
      ?.scrollIntoView({ block: 'nearest' });
  }, [current, listId]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setAt((Math.min(at, found.length - 1) + by + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter' && current !== undefined) {
      event.preventDefault();
      run(current);
    }
  };
  const headed = text.trim() === '';
  return (
    <Dialog label="Go to anything" width={560} onClose={close} className="palette">
      <div className="palettefield">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}${current.id}`}
          aria-label="Go to anything"
          placeholder="Go to anything"
          value={text}
          data-autofocus
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <span className="kbd" aria-hidden="true">
          Esc
        </span>
      </div>
      <div className="palettelist" id={listId} role="listbox" aria-label="Places and actions" ref={list}>
        {found.map((item, index) => (
          <div key={item.id} role="presentation">
            {headed && found[index - 1]?.group !== item.group ? (
              <div className="menu-label" role="presentation">
                {item.group}
              </div>
            ) : null}
            {/* biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field, see aria-activedescendant */}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys */}
            <div
              id={`${listId}${item.id}`}
              role="option"
              aria-selected={item === current}
              className={item === current ? 'paletteitem on' : 'paletteitem'}
              onClick={() => run(item)}
              onMouseMove={() => setAt(index)}
            >
              <Icon name={item.icon} className="t3" />
              <span className="ell">{item.text}</span>
              {item.production === true ? (
                <span className="prodbar" role="img" aria-label="production" />
              ) : null}
              <span className="meta">{item.note ?? (headed ? '' : item.group)}</span>
            </div>
          </div>
        ))}
      </div>
      {found.length === 0 ? <p className="meta palettenone">Nothing is called that.</p> : null}
    </Dialog>
  );
}
