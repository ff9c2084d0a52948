import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { AppState, TerminalSettings } from '../../../main/ipc/app-state.ts';
import type { TerminalSize } from '../../../main/ipc/terminal-port.ts';
import { type KeyAction, keyAction } from './key-action.ts';
import { type LinkAddress, linkAddress } from './link-address.ts';
import { pasteable } from './paste-text.ts';
import { programTitle } from './program-title.ts';
import { screenTheme, searchMarks, tokenOf } from './screen-theme.ts';
import { accelerate } from './webgl.ts';

/** Sets the clipboard (OSC 52), which programs may not. */
const OSC_CLIPBOARD = 52;

/** What a screen tells. */
export interface ScreenEvents {
  readonly input: (text: string) => void;
  readonly inputBytes: (bytes: string) => void;
  readonly resized: (size: TerminalSize) => void;
  readonly title: (title: string) => void;
  readonly bell: () => void;
  /** A link was clicked with the command key held. */
  readonly link: (address: LinkAddress) => void;
  /** Something to paste; `paste` puts it in. */
  readonly pasted: (text: string) => void;
  readonly key: (action: Exclude<KeyAction, 'program' | 'app' | 'paste'>) => void;
  readonly found: (matches: Matches | undefined) => void;
}

/** Matches of a search: which one is marked, from 1 (0: none), and of how many. */
export interface Matches {
  readonly index: number;
  readonly count: number;
}

export interface ScreenOptions {
  /** Its accessible name. */
  readonly label: string;
  readonly platform: AppState['app']['platform'];
  readonly settings: TerminalSettings;
  readonly events: ScreenEvents;
}

/**
 * A terminal's screen: xterm.js with what a program writes to it kept inside. Output can't reach the clipboard, can't
 * open anything, and a title it asks for is only told.
 */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #host: HTMLElement;
  readonly #ending = new AbortController();
  readonly #observers: { disconnect(): void }[] = [];

  /** Draws itself into `host`, which has a size. */
  constructor(host: HTMLElement, { label, platform, settings, events }: ScreenOptions) {
    this.#host = host;
    const follow = (event: MouseEvent, text: string) => {
      const address = linkAddress(text);
      const command = platform === 'darwin' ? event.metaKey : event.ctrlKey;
      if (command && address !== undefined) events.link(address);
    };
    const terminal = new Terminal({
      // Unicode versions and marks of a search count as such.
      allowProposedApi: true,
      fontFamily: tokenOf(host)('font-mono'),
      lineHeight: 1.2,
      // Programs choose colours for another background than ours.
      minimumContrastRatio: 4.5,
      drawBoldTextInBrightColors: false,
      rightClickSelectsWord: platform === 'darwin',
      macOptionClickForcesSelection: true,
      linkHandler: { activate: follow, allowNonHttpProtocols: false },
      logLevel: 'off',
    });
    this.#terminal = terminal;
    this.applySettings(settings);
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = '11';
    terminal.loadAddon(new WebLinksAddon(follow));
    terminal.parser.registerOscHandler(OSC_CLIPBOARD, () => true);
    terminal.onData(events.input);
    terminal.onBinary(events.inputBytes);
    terminal.onTitleChange((title) => events.title(programTitle(title)));
    terminal.onBell(events.bell);
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      events.found({ index: resultIndex + 1, count: resultCount }),
    );
    terminal.attachCustomKeyEventHandler((event) => {
      const action = keyAction(event, platform, terminal.hasSelection());
      if (action === 'program') return true;
      if (action === 'app' || action === 'paste') return false;
      event.preventDefault();
      event.stopPropagation();
      if (event.type === 'keydown') events.key(action);
      return false;
    });
    this.#takePastes(events);
    this.#followTheme();
    terminal.open(host);
    terminal.textarea?.setAttribute('aria-label', label);
    this.fit();
    // From here on: what the first fit gave is the size it is made with.
    terminal.onResize(({ cols, rows }) => events.resized({ columns: cols, rows }));
    this.#followSize();
    void accelerate(terminal, this.#ending.signal);
  }

  get size(): TerminalSize {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  write(data: Uint8Array, shown: () => void): void {
    this.#terminal.write(data, shown);
  }

  reset(): void {
    this.#terminal.reset();
  }

  focus(): void {
    this.#terminal.focus();
  }

  selectAll(): void {
    this.#terminal.selectAll();
  }

  /** Gives the program a text as if it was typed, without what it could take for keys, between marks where it asked for them. */
  paste(text: string): void {
    this.#terminal.paste(pasteable(text));
  }

  applySettings({ fontSize, scrollback, screenReader }: TerminalSettings): void {
    const { options } = this.#terminal;
    options.fontSize = fontSize;
    options.scrollback = scrollback;
    options.screenReaderMode = screenReader;
    if (this.#terminal.element !== undefined) this.fit();
  }

  /** Marks what matches and goes to the next or the one before. */
  find(text: string, towards: 'next' | 'previous', typing = false): void {
    const options = { incremental: typing, decorations: searchMarks(tokenOf(this.#host)) };
    if (towards === 'next') this.#search.findNext(text, options);
    else this.#search.findPrevious(text, options);
  }

  /** Takes the marks of a search away. */
  stopFinding(): void {
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
  }

  /** As many columns and rows as there is room for. A hidden screen keeps its size. */
  fit(): void {
    if (this.#host.clientWidth > 0 && this.#host.clientHeight > 0) this.#fit.fit();
  }

  dispose(): void {
    this.#ending.abort();
    for (const observer of this.#observers) observer.disconnect();
    this.#terminal.dispose();
  }

  /** Before xterm.js sees them, so that a paste can be asked about first. */
  #takePastes({ pasted }: ScreenEvents): void {
    const take = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (text !== '') pasted(text);
    };
    this.#host.addEventListener('paste', take, { capture: true, signal: this.#ending.signal });
  }

  #followTheme(): void {
    const page = document.documentElement;
    const take = () => {
      this.#terminal.options.theme = screenTheme(tokenOf(page), page.dataset.theme === 'dark');
    };
    take();
    const observer = new MutationObserver(take);
    observer.observe(page, { attributes: true, attributeFilter: ['data-theme'] });
    this.#observers.push(observer);
  }

  #followSize(): void {
    const observer = new ResizeObserver(() => this.fit());
    observer.observe(this.#host);
    this.#observers.push(observer);
  }
}
