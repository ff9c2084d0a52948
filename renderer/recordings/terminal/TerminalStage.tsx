import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { copyText } from '../../state/actions.ts';
import { Keyframes } from './keyframes.ts';
import { createOffScreen, ReplayScreen } from './replay-screen.ts';
import { ScreenReplay } from './screen-replay.ts';
import type { RecordedScreen } from './terminal-output.ts';

interface TerminalStageProps {
  readonly screen: RecordedScreen;
  readonly label: string;
  /** The moment to show, in milliseconds since the start. */
  readonly at: number;
  /** Grows with what was recorded. */
  readonly version: number;
  /** To be marked once the moment is shown; empty for nothing. */
  readonly marked: string;
}

interface Shown {
  readonly display: ReplayScreen;
  readonly replay: ScreenReplay;
  readonly keyframes: Keyframes;
}

/** One screen of a recording at one moment. Text can be selected and copied. */
export function TerminalStage({ screen, label, at, version, marked }: TerminalStageProps) {
  const host = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Shown | undefined>();

  useEffect(() => {
    const place = host.current;
    if (place === null) return;
    let made: Shown | undefined;
    let gone = false;
    void fontReady().then(() => {
      if (gone) return;
      const keyframes = new Keyframes(screen, () => createOffScreen(screen));
      const display = new ReplayScreen(place, screen, label);
      made = { display, keyframes, replay: new ScreenReplay(display, screen, keyframes) };
      setShown(made);
    });
    return () => {
      gone = true;
      made?.replay.close();
      made?.keyframes.close();
      made?.display.dispose();
      setShown(undefined);
    };
  }, [screen, label]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the screen is one object, the version says that it grew
  useEffect(() => {
    if (shown === undefined) return;
    let later = false;
    void shown.keyframes.advance();
    void shown.replay.show(at).then(() => {
      if (!later && marked !== '') shown.display.mark(marked);
    });
    return () => {
      later = true;
    };
  }, [shown, at, version, marked]);
  useEffect(() => {
    if (marked === '') shown?.display.clearMarks();
  }, [shown, marked]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== 'c' || !(event.ctrlKey || event.metaKey)) return;
    const text = shown?.display.selection ?? '';
    if (text === '') return;
    event.preventDefault();
    event.stopPropagation();
    copyText(text, 'Text');
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is shown is selected with the mouse and copied by keyboard
    <section className="recstage" aria-label={label} tabIndex={0} onKeyDown={onKeyDown}>
      <div ref={host} className="recscreen" />
    </section>
  );
}

/** Resolves when the terminal's font can be drawn: measured before, every cell would have another font's width. */
function fontReady(): Promise<unknown> {
  const family = getComputedStyle(document.documentElement).getPropertyValue('--font-mono');
  return Promise.allSettled([
    document.fonts.load(`400 13px ${family}`),
    document.fonts.load(`700 13px ${family}`),
  ]);
}
