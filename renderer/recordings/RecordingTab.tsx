import { type KeyboardEvent, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import { isTyping } from '../state/keys.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { EndSession } from './EndSession.tsx';
import { markedTimes } from './marked-times.ts';
import { Player } from './Player.tsx';
import { keyMove } from './player-keys.ts';
import { type Playing, playingAtStart } from './playing.ts';
import { RecordingHead } from './RecordingHead.tsx';
import '../sql/sql.css';
import './recording.css';
import { RecordingSource } from './recording-source.ts';
import { SqlRecording } from './SqlRecording.tsx';
import { TerminalRecording } from './terminal/TerminalRecording.tsx';

type RecordingTabState = Extract<Tab, { kind: 'recording' }>;

/** A recording: of statements as a timeline, of terminals as they were seen. That of a live session goes on. */
export function RecordingTab({ tab }: { readonly tab: RecordingTabState }) {
  const [source] = useState(() => new RecordingSource());
  const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
  const state = useSyncExternalStore(subscribe, () => source.state);
  useEffect(() => {
    void source.open(tab.session);
    return () => source.close();
  }, [source, tab.session]);
  const { header, timeline, status, version } = state;
  const [playing, setPlaying] = useState<Playing>(playingAtStart);
  const live = status === 'live';
  // One that was watched to its end stands there.
  const following = playing.following && state.session?.state === 'live';
  const at = following ? timeline.length : Math.min(playing.at, timeline.length);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the timeline is one object, its version says that it grew
  const entries = useMemo(() => [...timeline.entries], [timeline, version]);
  const began = header === undefined ? 0 : Date.parse(header.startedAt);
  const change = useCallback((next: Partial<Playing>) => {
    // Whoever goes somewhere else leaves the end, unless told otherwise.
    const leaves = next.at !== undefined && { following: false };
    setPlaying((before) => ({ ...before, ...leaves, ...next }));
  }, []);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') {
      event.preventDefault();
      event.currentTarget.querySelector<HTMLInputElement>('.recsearch input')?.focus();
      return;
    }
    // A button is pressed by space itself.
    if (
      event.key === ' ' &&
      event.target instanceof HTMLElement &&
      event.target.closest('button, [role=menu]')
    )
      return;
    const { length, moments, masked } = timeline;
    const marked = event.key === '[' || event.key === ']' ? markedTimes(entries, masked) : [];
    const move = keyMove(event.key, { at, length, moments, marked, running: playing.running });
    if (move === undefined) return;
    event.preventDefault();
    change(move);
  };

  if (status === 'forbidden')
    return (
      <div className="empty">
        <Icon name="lock" />
        <h1 className="title">This session is still running</h1>
        <p>You may not watch it live. Whoever may view recordings can see it once it has ended.</p>
        <div className="row">
          <Button icon="retry" onClick={() => void source.open(tab.session)}>
            Look again
          </Button>
          {state.session?.may.terminate ? <EndSession session={state.session} /> : null}
        </div>
      </div>
    );
  if (status === 'failed' && header === undefined)
    return (
      <div className="empty" role="alert">
        <Icon name="warning" />
        <h1 className="title">This recording can't be shown</h1>
        <p>{state.message}</p>
        <Button icon="retry" onClick={() => void source.open(tab.session)}>
          Try again
        </Button>
      </div>
    );
  if (header === undefined) return <Waiting />;
  const whole = { ...state, header };
  const Body = header.protocol === 'ssh' ? TerminalRecording : SqlRecording;
  return (
    <section className="recording" aria-label={`Recording of ${header.resource}`} onKeyDown={onKeyDown}>
      <RecordingHead state={whole} began={began} onReadAgain={() => void source.open(tab.session)} />
      {status === 'failed' ? (
        <div className="notice denied" role="alert">
          <Icon name="warning" />
          <span className="grow">
            {state.session?.state === 'live'
              ? 'The live view broke off'
              : 'The rest of this recording could not be read'}
            : {state.message}
          </span>
          <Button onClick={() => void source.open(tab.session)}>Try again</Button>
        </div>
      ) : null}
      {state.manifest?.crashed ? (
        <div className="notice plain" role="status">
          <Icon name="warning" />
          <span className="grow">
            The gateway stopped while this was recorded. What had been written was sealed at its next start.
          </span>
        </div>
      ) : null}
      <Body state={whole} entries={entries} at={at} began={began} onPlay={change} />
      <Player
        entries={entries}
        moments={timeline.moments}
        masked={timeline.masked}
        version={version}
        length={timeline.length}
        began={began}
        at={at}
        playing={playing}
        live={live}
        onChange={change}
      />
    </section>
  );
}

function Waiting() {
  return (
    <div className="recwait" role="status" aria-label="Loading the recording">
      {[320, 420, 380, 400].map((width) => (
        <div key={width} className="skeleton" style={{ width }} />
      ))}
    </div>
  );
}
