import { type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import type { TerminalTarget } from '../../main/ipc/contract.ts';
import type { TerminalSize, TerminalStatus } from '../../main/ipc/terminal-port.ts';
import { openPort } from '../sql/console/open-port.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useView } from '../state/view.ts';
import { setProgramTitle } from './program-titles.ts';
import { type ScreenEvents, TerminalScreen } from './screen/terminal-screen.ts';
import { TerminalSession } from './session/terminal-session.ts';

export type TerminalTabState = Extract<Tab, { kind: 'ssh' | 'shell' }>;

/** What the tab around a screen does with what the screen tells. */
export type TabEvents = Pick<ScreenEvents, 'bell' | 'link' | 'pasted' | 'key' | 'found'>;

export interface TerminalInTab {
  /** Where the screen is drawn. */
  readonly host: RefObject<HTMLDivElement | null>;
  readonly screen: RefObject<TerminalScreen | undefined>;
  readonly status: TerminalStatus;
  readonly size: TerminalSize | undefined;
  /** Starts the program anew. */
  readonly connect: () => void;
  /** Ends the program. */
  readonly end: () => void;
}

/** A tab's name for a screen reader, and behind *Terminal on*. */
export const terminalName = (tab: TerminalTabState): string =>
  tab.kind === 'ssh' ? `Terminal on ${tab.resource}` : tab.title;

const targetOf = (tab: TerminalTabState): TerminalTarget =>
  tab.kind === 'ssh'
    ? { kind: 'ssh', resource: tab.resource, profile: tab.profile }
    : { kind: 'shell', ...(tab.of === undefined ? {} : { of: tab.of }) };

/**
 * The terminal of a tab. It begins when the tab is first in front: one that came back after a restart starts no grant's
 * clock behind another tab. Without its tab on the page it goes on in the main process.
 */
export function useTerminal(tab: TerminalTabState, tabEvents: TabEvents): TerminalInTab {
  const host = useRef<HTMLDivElement>(null);
  const screen = useRef<TerminalScreen | undefined>(undefined);
  const session = useRef<TerminalSession | undefined>(undefined);
  const [status, setStatus] = useState<TerminalStatus>({ status: 'connecting' });
  const [size, setSize] = useState<TerminalSize>();
  const platform = useApp((state) => state.app.platform);
  const settings = useApp((state) => state.settings.terminal);
  const inFront = useView((view) => view.activeTab === tab.id);
  const [seen, setSeen] = useState(inFront);
  if (inFront && !seen) setSeen(true);
  const tell = useEffectEvent(<N extends keyof TabEvents>(name: N, ...value: Parameters<TabEvents[N]>) => {
    (tabEvents[name] as (...value: unknown[]) => void)(...value);
  });
  const open = useEffectEvent((place: HTMLDivElement) => {
    const { id } = tab;
    const made = new TerminalScreen(place, {
      label: terminalName(tab),
      platform,
      settings,
      events: {
        input: (text) => line.input(text),
        inputBytes: (bytes) => line.inputBytes(bytes),
        resized: (size) => {
          line.resize(size);
          setSize(size);
        },
        title: (title) => setProgramTitle(id, title),
        bell: () => tell('bell'),
        link: (address) => tell('link', address),
        pasted: (text) => tell('pasted', text),
        key: (action) => tell('key', action),
        found: (matches) => tell('found', matches),
      },
    });
    const line: TerminalSession = new TerminalSession({
      screen: made,
      attach: (size, signal) => {
        const port = crypto.randomUUID();
        const ask = () => call('terminals.attach', { id: port, tab: id, target: targetOf(tab), size });
        return openPort(window, port, ask, signal);
      },
    });
    line.subscribe(() => {
      setStatus(line.status);
      if (line.status.status !== 'live') setProgramTitle(id, '');
    });
    screen.current = made;
    session.current = line;
    setSize(made.size);
    if (useView.getState().activeTab === id) made.focus();
    void line.attach(made.size);
    return () => {
      line.dispose();
      made.dispose();
      setProgramTitle(id, '');
      screen.current = undefined;
      session.current = undefined;
    };
  });

  useEffect(() => {
    const place = host.current;
    if (!seen || place === null) return;
    let close: (() => void) | undefined;
    let gone = false;
    // Measured before its font is there, every cell would have another font's width.
    void fontReady().then(() => {
      if (!gone) close = open(place);
    });
    return () => {
      gone = true;
      close?.();
    };
  }, [seen]);
  useEffect(() => screen.current?.applySettings(settings), [settings]);
  useEffect(() => {
    if (inFront) screen.current?.focus();
  }, [inFront]);

  return {
    host,
    screen,
    status,
    size,
    connect: () => {
      if (screen.current !== undefined) session.current?.connect(screen.current.size);
    },
    end: () => session.current?.end(),
  };
}

/** Resolves when the terminal's font can be drawn, in both weights; also where it can't be had. */
const fontReady = (): Promise<unknown> => {
  const family = getComputedStyle(document.documentElement).getPropertyValue('--font-mono');
  return Promise.allSettled([
    document.fonts.load(`400 13px ${family}`),
    document.fonts.load(`700 13px ${family}`),
  ]);
};
