import type { SerializeAddon } from '@xterm/addon-serialize';
import type { Terminal } from '@xterm/xterm';
import { hardenTerminal } from './harden-terminal.ts';
import type { OffScreen } from './keyframes.ts';

/** Of a terminal that need not be shown, what `offScreen` takes; the headless one has the same. */
export type HiddenTerminal = Pick<
  Terminal,
  'write' | 'resize' | 'reset' | 'dispose' | 'cols' | 'rows' | 'modes'
> & {
  readonly buffer: { readonly active: Pick<Terminal['buffer']['active'], 'type' | 'cursorX' | 'cursorY'> };
  readonly parser: Pick<
    Terminal['parser'],
    'registerOscHandler' | 'registerCsiHandler' | 'registerEscHandler'
  >;
};

/** A terminal that knows its state as text, also the part that scrolls (DECSTBM), which the serializer leaves out. */
export function offScreen(
  terminal: HiddenTerminal,
  serializer: Pick<SerializeAddon, 'serialize'>,
): OffScreen {
  hardenTerminal(terminal.parser);
  const margins = new Map<'normal' | 'alternate', readonly [top: number, bottom: number]>();
  const { parser } = terminal;
  // Heard and passed on: the terminal does what it says.
  parser.registerCsiHandler({ final: 'r' }, ([top, bottom]) => {
    const first = numberOf(top) || 1;
    const last = Math.min(numberOf(bottom) || terminal.rows, terminal.rows);
    if (first < last) margins.set(terminal.buffer.active.type, [first, last]);
    return false;
  });
  parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
    if (modes.some((mode) => mode === 1049 || mode === 1047 || mode === 47)) margins.delete('alternate');
    return false;
  });
  const forget = () => {
    margins.clear();
    return false;
  };
  parser.registerEscHandler({ final: 'c' }, forget);
  parser.registerCsiHandler({ intermediates: '!', final: 'p' }, forget);
  const scrolling = (): string => {
    const { type, cursorX, cursorY } = terminal.buffer.active;
    const margin = margins.get(type);
    if (margin === undefined) return '';
    const [top, bottom] = margin;
    // Setting the margins moves the cursor, so it is put back; in origin mode rows count from the first of them.
    const row = cursorY + 1 - (terminal.modes.originMode ? top - 1 : 0);
    return `\x1b[${top};${bottom}r\x1b[${row};${cursorX + 1}H`;
  };
  return {
    get cols() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: (data, done) => terminal.write(data, done),
    resize: (columns, rows) => {
      if (columns === terminal.cols && rows === terminal.rows) return;
      terminal.resize(columns, rows);
      margins.clear();
    },
    reset: () => {
      terminal.reset();
      margins.clear();
    },
    serialize: (scrollback) => serializer.serialize({ scrollback }) + scrolling(),
    dispose: () => terminal.dispose(),
  };
}

const numberOf = (parameter: number | number[] | undefined): number =>
  typeof parameter === 'number' ? parameter : 0;
