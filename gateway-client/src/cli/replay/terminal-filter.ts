/**
 * Lets of a recorded terminal's output through what draws, and nothing that acts on the terminal it is played in or
 * on the person's computer: the clipboard (OSC 52), titles (OSC 0, 1, 2), links (OSC 8), all other operating system
 * commands, device control strings, and every question that a terminal would answer by typing. What isn't known to
 * draw is left out: a list of what is dangerous would never be whole.
 *
 * Sequences as in ECMA-48 and xterm's ctlseqs (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
 */
export class TerminalFilter {
  #state: State = 'ground';
  /** The sequence that is being read, without its introducer. */
  #sequence = '';

  /** What may be written of `text`; what of a sequence has come so far is kept until the rest is there. */
  push(text: string): string {
    let out = '';
    for (const char of text) out += this.#next(char, char.codePointAt(0) ?? 0);
    return out;
  }

  #next(char: string, code: number): string {
    // CAN and SUB end a sequence and ESC begins another one, wherever they stand.
    if (code === 0x18 || code === 0x1a) return this.#to('ground');
    if (code === 0x1b) return this.#to('escape');
    if (code >= 0x80 && code <= 0x9f) return this.#to(C1_STATES[code] ?? 'ground');
    switch (this.#state) {
      case 'ground':
        return code >= 0x20 ? (code === 0x7f ? '' : char) : DRAWING_CONTROLS.has(code) ? char : '';
      case 'escape':
        return this.#escape(char, code);
      case 'csi':
        return this.#csi(char, code);
      case 'osc':
        // xterm ends an operating system command at BEL too.
        return code === 0x07 ? this.#to('ground') : '';
      case 'string':
        return '';
      default:
        return this.#state satisfies never;
    }
  }

  #escape(char: string, code: number): string {
    if (code < 0x20) return DRAWING_CONTROLS.has(code) ? char : '';
    if (code <= 0x2f) return this.#gather(char);
    if (this.#sequence === '') {
      const state = STRING_STATES[char];
      if (state !== undefined) return this.#to(state);
    }
    const sequence = this.#sequence + char;
    this.#to('ground');
    if (sequence === 'c') return SOFT_RESET;
    return /^(?:[78DEHM=>]|[()*+][0AB])$/.test(sequence) ? `\u001b${sequence}` : '';
  }

  #csi(char: string, code: number): string {
    // Controls within a sequence are carried out as if they stood before it.
    if (code < 0x20) return DRAWING_CONTROLS.has(code) ? char : '';
    if (code < 0x40) return this.#gather(char);
    const sequence = this.#sequence + char;
    this.#to('ground');
    return sequence.length > LONGEST ? '' : (drawingSequence(sequence) ?? '');
  }

  #gather(char: string): string {
    if (this.#sequence.length <= LONGEST) this.#sequence += char;
    return '';
  }

  #to(state: State): '' {
    this.#state = state;
    this.#sequence = '';
    return '';
  }
}

type State = 'ground' | 'escape' | 'csi' | 'osc' | 'string';

/** Characters of a sequence that draws; SGR with several colours has some forty. Of longer ones nothing comes. */
const LONGEST = 256;

/** BEL, BS, HT, LF, VT, FF, CR, SO, SI. */
const DRAWING_CONTROLS: ReadonlySet<number> = new Set([7, 8, 9, 10, 11, 12, 13, 14, 15]);

/** What ESC and these begin: DCS, SOS, OSC, PM, APC, CSI. */
const STRING_STATES: Readonly<Record<string, State>> = {
  P: 'string',
  X: 'string',
  ']': 'osc',
  '^': 'string',
  _: 'string',
  '[': 'csi',
};

/** The same as one control character each. */
const C1_STATES: Readonly<Record<number, State>> = {
  144: 'string',
  152: 'string',
  155: 'csi',
  157: 'osc',
  158: 'string',
  159: 'string',
};

/** In place of RIS, which would take the person's own scrollback. */
const SOFT_RESET = '\u001b[!p\u001b[2J\u001b[H';

/**
 * Private modes that only change how things are drawn: cursor keys, reverse video, origin, wrapping, cursor, other
 * screen, synchronised output. Not among them: mouse and focus reports, pasting, column width.
 */
const DRAWING_MODES: ReadonlySet<string> = new Set([
  '1',
  '5',
  '6',
  '7',
  '12',
  '25',
  '45',
  '47',
  '69',
  '1047',
  '1048',
  '1049',
  '2026',
]);

/** A control sequence if it only draws, with those of its modes that do. */
function drawingSequence(sequence: string): string | undefined {
  // Cursor and erasing, insert and delete, scrolling, tabs, colours, region, save and restore.
  if (/^[\d;:]*[@A-HIJKLMPSTXZ`abdefgmrsu]$/.test(sequence)) return `\u001b[${sequence}`;
  // Insert mode, selective erase, soft reset, the cursor's shape.
  if (/^(?:4[hl]|\?[0-3]?[JK]|!p|[0-6]? q)$/.test(sequence)) return `\u001b[${sequence}`;
  const modes = /^\?([\d;]+)([hl])$/.exec(sequence);
  const kept = modes?.[1]?.split(';').filter((mode) => DRAWING_MODES.has(mode)) ?? [];
  return kept.length === 0 ? undefined : `\u001b[?${kept.join(';')}${modes?.[2] ?? ''}`;
}

/** What brings a terminal back to how a shell expects it, after a recording that ends anywhere. */
export const TERMINAL_RESTORED =
  '\u001b[?1049l\u001b[!p\u001b[?5l\u001b[?6l\u001b[?7h\u001b[?25h\u001b[?1l\u001b>\u001b[4l\u001b[r\u001b(B\u000f\u001b[0m\u001b[0 q';
