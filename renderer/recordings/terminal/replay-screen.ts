import '@xterm/xterm/css/xterm.css';
import { SearchAddon } from '@xterm/addon-search';
import { SerializeAddon } from '@xterm/addon-serialize';
import { type ITerminalInitOnlyOptions, type ITerminalOptions, Terminal } from '@xterm/xterm';
import { screenTheme, searchMarks, tokenOf } from '../../terminal/screen/screen-theme.ts';
import { accelerate } from '../../terminal/screen/webgl.ts';
import { hardenTerminal } from './harden-terminal.ts';
import type { OffScreen } from './keyframes.ts';
import { offScreen } from './off-screen.ts';
import type { WritableTerminal } from './step-writer.ts';
import type { RecordedScreen } from './terminal-output.ts';

/** CSS pixels: the least that can be read, and what is enough. */
const FONT = { least: 7, most: 13 } as const;
/** Lines kept above the screen, for scrolling back and copying. */
const SCROLLBACK = 1000;

const optionsOf = ({
  columns,
  rows,
  terminal,
}: RecordedScreen): ITerminalOptions & ITerminalInitOnlyOptions => ({
  allowProposedApi: true,
  cols: columns,
  rows,
  scrollback: SCROLLBACK,
  // Without a terminal at the other end nobody turned line feeds into new lines.
  convertEol: !terminal,
  logLevel: 'off',
});

/** A terminal of the same kind that is never shown. */
export function createOffScreen(screen: RecordedScreen): OffScreen {
  const terminal = new Terminal(optionsOf(screen));
  const serializer = new SerializeAddon();
  terminal.loadAddon(serializer);
  return offScreen(terminal, serializer);
}

/**
 * The screen that a recording is played on. It has the size that was recorded and the text size that fits the place; it
 * takes no keys, and what is written to it can do nothing but show.
 */
export class ReplayScreen implements WritableTerminal {
  readonly #terminal: Terminal;
  readonly #search = new SearchAddon();
  readonly #host: HTMLElement;
  readonly #ending = new AbortController();
  readonly #observers: { disconnect(): void }[] = [];

  constructor(host: HTMLElement, screen: RecordedScreen, label: string) {
    this.#host = host;
    const page = document.documentElement;
    this.#terminal = new Terminal({
      ...optionsOf(screen),
      fontFamily: tokenOf(page)('font-mono'),
      fontSize: FONT.most,
      lineHeight: 1.3,
      // Text can't be hidden by giving it the colour of what is behind it.
      minimumContrastRatio: 4.5,
      drawBoldTextInBrightColors: false,
      disableStdin: true,
      cursorInactiveStyle: 'block',
    });
    const terminal = this.#terminal;
    hardenTerminal(terminal.parser);
    terminal.loadAddon(this.#search);
    // Keys are the player's.
    terminal.attachCustomKeyEventHandler(() => false);
    const takeTheme = () => {
      terminal.options.theme = screenTheme(tokenOf(page), page.dataset.theme === 'dark');
    };
    takeTheme();
    terminal.open(host);
    terminal.textarea?.setAttribute('aria-label', label);
    terminal.textarea?.setAttribute('tabindex', '-1');
    // xterm.js draws no cursor before it had the focus, which here it never needs, or another screen.
    terminal.write('\x1b[?1049h\x1b[?1049l');
    const themes = new MutationObserver(takeTheme);
    themes.observe(page, { attributes: true, attributeFilter: ['data-theme'] });
    const sizes = new ResizeObserver(() => this.fit());
    sizes.observe(host);
    this.#observers.push(themes, sizes);
    this.fit();
    void accelerate(terminal, this.#ending.signal);
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  write(data: Uint8Array | string, done: () => void): void {
    this.#terminal.write(data, done);
  }

  resize(columns: number, rows: number): void {
    if (columns === this.#terminal.cols && rows === this.#terminal.rows) return;
    this.#terminal.resize(columns, rows);
    this.fit();
  }

  reset(): void {
    this.#terminal.reset();
  }

  /** Marks a text on the screen, the last place of it first: that is where it has just appeared. */
  mark(text: string): void {
    if (text === '') this.clearMarks();
    else this.#search.findPrevious(text, { decorations: searchMarks(tokenOf(this.#host)) });
  }

  clearMarks(): void {
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
  }

  /** The largest text with which the whole screen is seen; below the least it is scrolled. */
  fit(): void {
    const { clientWidth, clientHeight } = this.#host;
    const drawn = this.#host.querySelector<HTMLElement>('.xterm-screen');
    if (drawn === null || clientWidth === 0 || clientHeight === 0) return;
    const { options } = this.#terminal;
    let size = options.fontSize ?? FONT.most;
    const { offsetWidth, offsetHeight } = drawn;
    if (offsetWidth === 0 || offsetHeight === 0) return;
    const room = Math.min(clientWidth / offsetWidth, clientHeight / offsetHeight);
    size = Math.max(FONT.least, Math.min(FONT.most, Math.floor(size * room * 2) / 2));
    options.fontSize = size;
    // Cells are whole pixels, so that one step more or less may be too much.
    while (size > FONT.least && (drawn.offsetWidth > clientWidth || drawn.offsetHeight > clientHeight)) {
      size -= 0.5;
      options.fontSize = size;
    }
  }

  dispose(): void {
    this.#ending.abort();
    for (const observer of this.#observers) observer.disconnect();
    this.#terminal.dispose();
  }
}
