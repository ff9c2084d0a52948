/**
 * Maps a scroll bar onto more rows than an element can be tall. Chromium lays out up to about 33 million pixels and
 * its compositor places things with 24 bits of precision, so beyond `TALLEST` the scroll bar stands for a larger
 * height: short movements stay one to one, long ones (the bar dragged, Home, End) go by proportion, and whoever
 * scrolls calls `settle` once it is still, which puts the bar back to where it belongs.
 */
export const TALLEST = 8_000_000;

export interface ScrollWindow {
  /** Height of the element inside the scroller, in pixels. */
  readonly spacer: number;
  /** Pixels from the top of the rows to the top of what is visible. */
  readonly top: number;
  /** Where the scroll bar was last seen. */
  readonly bar: number;
}

export interface Extent {
  /** Height of all rows, in pixels. */
  readonly content: number;
  /** Height of what is visible. */
  readonly view: number;
}

export const spacerOf = ({ content }: Extent): number => Math.min(content, TALLEST);

const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
/** How many pixels of rows one pixel of the scroll bar stands for. */
function scale({ content, view }: Extent): number {
  const way = spacerOf({ content, view }) - view;
  return way <= 0 ? 1 : Math.max(1, (content - view) / way);
}

/** The window after the scroll bar moved to `bar`. */
export function scrolled(before: ScrollWindow, bar: number, extent: Extent): ScrollWindow {
  const most = Math.max(0, extent.content - extent.view);
  const spacer = spacerOf(extent);
  const factor = scale(extent);
  if (factor === 1) return { spacer, top: clamp(bar, most), bar };
  const way = bar - before.bar;
  const far = Math.abs(way) > extent.view * 2;
  return { spacer, top: clamp(far ? bar * factor : before.top + way, most), bar };
}

/** The window with `top` in view; `bar` is where the scroll bar has to be put. */
export function scrolledTo(top: number, extent: Extent): ScrollWindow {
  const clamped = clamp(top, Math.max(0, extent.content - extent.view));
  return { spacer: spacerOf(extent), top: clamped, bar: clamped / scale(extent) };
}

/** Where the scroll bar belongs for what is in view. */
export const settled = (now: ScrollWindow, extent: Extent): number => scrolledTo(now.top, extent).bar;

/** `top` moved as little as needed to have `from` to `to` in view. */
export function revealing(top: number, from: number, to: number, view: number): number {
  if (from < top) return from;
  return to > top + view ? to - view : top;
}
