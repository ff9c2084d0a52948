import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Tab } from '../../../main/ipc/app-state.ts';
import { call } from '../../state/bridge.ts';
import { useView } from '../../state/view.ts';
import type { ConsoleState } from './console-state.ts';
import { openPort } from './open-port.ts';
import { SqlConsole } from './sql-console.ts';

/** Rows taken before a console asks whether more is wanted, so that a page's memory stays bounded. */
const LIMIT = { rows: 5_000_000, bytes: 512 * 2 ** 20 };

/** Milliseconds between two drawings while rows stream in: counting faster would only take time from typing. */
const PACE = 80;

/** Calls back in the next frame, but no more often than `PACE`. */
function paced(): (notify: () => void) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (notify) => {
    const draw = () =>
      requestAnimationFrame((now) => {
        last = now;
        notify();
      });
    const wait = last + PACE - performance.now();
    // A hidden window draws no frames, and still has to learn that its session ended.
    if (document.visibilityState === 'hidden') setTimeout(notify, 250);
    else if (wait > 0) setTimeout(draw, wait);
    else draw();
  };
}

type SqlTabState = Extract<Tab, { kind: 'sql' }>;

function makeConsole({ resource, profile }: SqlTabState): SqlConsole {
  return new SqlConsole({
    connect: (signal) => {
      const id = crypto.randomUUID();
      return openPort(window, id, () => call('sql.connect', { id, resource, profile }), signal);
    },
    schedule: paced(),
    now: () => Date.now(),
    remember: (text, ok) => {
      if (text.length > 1_000_000) return;
      // The history is a convenience: a failure to keep it must not stand in the way of a result.
      call('sql.remember', { resource, text, ok }).catch(() => {});
    },
    limit: LIMIT,
  });
}

/**
 * The console of a tab. It connects when the tab is first in front: one that came back after a restart starts no
 * grant's clock behind another tab. It ends with the tab.
 */
export function useSqlConsole(tab: SqlTabState): {
  readonly console: SqlConsole;
  readonly state: ConsoleState;
} {
  const [console] = useState(() => makeConsole(tab));
  const inFront = useView((view) => view.activeTab === tab.id);
  const [seen, setSeen] = useState(inFront);
  if (inFront && !seen) setSeen(true);
  useEffect(() => {
    if (seen) void console.connect();
  }, [console, seen]);
  useEffect(() => () => console.dispose(), [console]);
  const subscribe = useCallback((listener: () => void) => console.subscribe(listener), [console]);
  const state = useSyncExternalStore(subscribe, () => console.state);
  return { console, state };
}
