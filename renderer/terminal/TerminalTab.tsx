import './terminal.css';
import { useEffect, useRef, useState } from 'react';
import { attempt, copyText } from '../state/actions.ts';
import { appState, useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { environmentOf } from '../state/environment.ts';
import { useResource } from '../state/own-access.ts';
import { FindBar } from './FindBar.tsx';
import { LinkDialog } from './LinkDialog.tsx';
import { PasteDialog } from './PasteDialog.tsx';
import { SizeNote } from './SizeNote.tsx';
import type { KeyAction } from './screen/key-action.ts';
import type { LinkAddress } from './screen/link-address.ts';
import { needsAsking } from './screen/paste-text.ts';
import type { Matches } from './screen/terminal-screen.ts';
import { TerminalBar } from './TerminalBar.tsx';
import { TerminalStatusBar } from './TerminalStatusBar.tsx';
import { TerminalStrip } from './TerminalStrip.tsx';
import { type TerminalTabState, terminalName, useTerminal } from './use-terminal.ts';

const USUAL_FONT_SIZE = 13;
const FONT_SIZES = { least: 8, most: 32 };
/** How long a bell is seen, in milliseconds. */
const BELL = 160;

/** A terminal: the session's facts, the screen, and what is asked before something leaves or enters it. */
export function TerminalTab({ tab }: { readonly tab: TerminalTabState }) {
  const resource = useResource(tab.kind === 'ssh' ? tab.resource : undefined);
  const production = environmentOf(resource?.labels ?? {}).production;
  const bell = useApp((state) => state.settings.terminal.bell);
  const [ringing, setRinging] = useState(false);
  const [finding, setFinding] = useState(false);
  const [matches, setMatches] = useState<Matches>();
  const [link, setLink] = useState<LinkAddress>();
  const [pasting, setPasting] = useState<string>();
  const asked = useRef(false);
  const { host, screen, status, size, connect, end } = useTerminal(tab, {
    bell: () => setRinging(bell),
    link: setLink,
    found: setMatches,
    pasted: (text) => {
      if (needsAsking(text) && !asked.current) setPasting(text);
      else screen.current?.paste(text);
    },
    key: (action) => act(action),
  });
  const act = (action: Exclude<KeyAction, 'program' | 'app' | 'paste'>): void => {
    switch (action) {
      case 'copy':
        copy();
        return;
      case 'find':
        setFinding(true);
        return;
      case 'select-all':
        screen.current?.selectAll();
        return;
      case 'bigger':
        changeFontSize((size) => size + 1);
        return;
      case 'smaller':
        changeFontSize((size) => size - 1);
        return;
      case 'usual-size':
        changeFontSize(() => USUAL_FONT_SIZE);
        return;
      default:
        action satisfies never;
    }
  };
  const copy = () => {
    const text = screen.current?.selection ?? '';
    if (text !== '') copyText(text, 'Selection');
  };
  const back = () => screen.current?.focus();
  useEffect(() => {
    if (!ringing) return;
    const timer = setTimeout(() => setRinging(false), BELL);
    return () => clearTimeout(timer);
  }, [ringing]);
  return (
    <section className="termtab" aria-label={terminalName(tab)}>
      {production ? <div className="prodline" /> : null}
      <TerminalBar
        tab={tab}
        resource={resource}
        status={status}
        onFind={() => setFinding(true)}
        onEnd={end}
      />
      <TerminalStrip
        tab={tab}
        status={status}
        onConnect={() => {
          connect();
          back();
        }}
      />
      <div className={ringing ? 'termframe ringing' : 'termframe'}>
        <div className="termhost" ref={host} />
        <SizeNote size={size} />
        {finding ? (
          <FindBar
            matches={matches}
            onFind={(text, towards, typing) => screen.current?.find(text, towards, typing)}
            onClose={() => {
              setFinding(false);
              setMatches(undefined);
              screen.current?.stopFinding();
              back();
            }}
          />
        ) : null}
      </div>
      <TerminalStatusBar tab={tab} status={status} size={size} />
      {link === undefined ? null : (
        <LinkDialog
          address={link}
          onClose={() => {
            setLink(undefined);
            back();
          }}
        />
      )}
      {pasting === undefined ? null : (
        <PasteDialog
          text={pasting}
          into={terminalName(tab)}
          production={production}
          onAnswer={(paste, never) => {
            asked.current ||= never;
            setPasting(undefined);
            if (paste) screen.current?.paste(pasting);
            back();
          }}
        />
      )}
    </section>
  );
}

function changeFontSize(change: (size: number) => number): void {
  const { terminal } = appState().settings;
  const fontSize = Math.min(FONT_SIZES.most, Math.max(FONT_SIZES.least, change(terminal.fontSize)));
  void attempt('The size of the text was not kept', () =>
    call('settings.set', { terminal: { ...terminal, fontSize } }),
  );
}
