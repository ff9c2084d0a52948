import type { Terminal } from '@xterm/xterm';

/** Of a terminal, what decides over escape sequences; the headless one has the same. */
export type SequenceParser = Pick<Terminal['parser'], 'registerOscHandler' | 'registerCsiHandler'>;

/**
 * Operating system commands that a recording may not carry out: title and icon (0, 1, 2), palette and colours (4, 5,
 * 10 to 19, 104, 105, 110 to 119), working folder (7), links (8), notifications and progress (9, 99, 777), the
 * clipboard (52), and the shell integrations of other terminals (133, 633, 1337), which write files and marks.
 */
const WITHOUT_EFFECT = [
  0,
  1,
  2,
  4,
  5,
  7,
  8,
  9,
  99,
  777,
  52,
  133,
  633,
  1337,
  104,
  105,
  ...Array.from({ length: 10 }, (_, index) => 10 + index),
  ...Array.from({ length: 10 }, (_, index) => 110 + index),
];

/** Modes of the same kind: mouse reporting would take the selection away, held-back frames (2026) would hide what a seek shows. */
const MODES_WITHOUT_EFFECT = new Set([9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016, 2026]);

/**
 * Makes a terminal show and do nothing else: what a recorded program wrote can't reach the clipboard, a title, a link
 * or the colours of what is shown. The text of a link stays. Answers to queries go nowhere, as nobody listens to
 * `onData`.
 */
export function hardenTerminal(parser: SequenceParser): void {
  for (const command of WITHOUT_EFFECT) parser.registerOscHandler(command, () => true);
  for (const final of ['h', 'l'])
    parser.registerCsiHandler({ prefix: '?', final }, (modes) =>
      modes.every((mode) => typeof mode === 'number' && MODES_WITHOUT_EFFECT.has(mode)),
    );
  // Window manipulation (XTWINOPS): size and titles are the recording's and the app's.
  parser.registerCsiHandler({ final: 't' }, () => true);
}
