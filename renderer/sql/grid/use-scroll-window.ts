import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { type ScrollWindow, scrolled, scrolledTo, settled, spacerOf } from './scroll-window.ts';

interface Viewport {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  /** Height of the rows in view, the head aside. */
  readonly height: number;
  readonly spacer: number;
  readonly onScroll: () => void;
  /** Puts `top` (in pixels of rows) and `left` into view. */
  readonly scrollTo: (top: number, left: number) => void;
}

/** Follows a scroller whose rows may be taller than an element can be. */
export function useScrollWindow(
  scroller: RefObject<HTMLElement | null>,
  content: number,
  head: number,
): Viewport {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [at, setAt] = useState({ top: 0, left: 0 });
  const window = useRef<ScrollWindow>({ spacer: 0, top: 0, bar: 0 });
  const extent = { content, view: size.height };
  const latest = useRef(extent);
  latest.current = extent;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () =>
      setSize({ width: element.clientWidth, height: Math.max(0, element.clientHeight - head) });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const still = () => {
      const bar = settled(window.current, latest.current);
      if (Math.abs(bar - element.scrollTop) < 1) return;
      window.current = { ...window.current, bar };
      element.scrollTop = bar;
    };
    element.addEventListener('scrollend', still);
    return () => {
      observer.disconnect();
      element.removeEventListener('scrollend', still);
    };
  }, [scroller, head]);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    window.current = scrolled(window.current, element.scrollTop, latest.current);
    const next = { top: window.current.top, left: element.scrollLeft };
    // Within this frame: otherwise the rows would follow the scroll bar one frame late.
    flushSync(() => setAt(next));
  }, [scroller]);

  const scrollTo = useCallback(
    (top: number, left: number) => {
      const element = scroller.current;
      if (element === null) return;
      if (top !== window.current.top) {
        window.current = scrolledTo(top, latest.current);
        element.scrollTop = window.current.bar;
        // The browser may round; what it says now is what the next movement starts from.
        window.current = { ...window.current, bar: element.scrollTop };
      }
      element.scrollLeft = left;
      setAt({ top: window.current.top, left: element.scrollLeft });
    },
    [scroller],
  );

  const top = Math.min(at.top, Math.max(0, content - size.height));
  return { ...at, top, ...size, spacer: spacerOf(extent), onScroll, scrollTo };
}
