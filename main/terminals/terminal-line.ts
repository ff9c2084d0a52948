import type { TerminalStatus } from '../ipc/terminal-port.ts';

/**
 * Back to a plain screen, whatever the program had set: the alternate screen (1047: 1049 would move the cursor too), mouse reports, bracketed paste, keypad and
 * cursor modes, a hidden cursor, colours (DECSTR does the rest).
 */
const PLAIN = '\x1b[?1047l\x1b[?1000;1002;1003;1004;1005;1006;1015;2004l\x1b[?1l\x1b>\x1b[!p\x1b[?25h\x1b[0m';

/** Longest text of a line, in characters. */
const LONGEST = 400;

/** Without what a terminal would take for a command. */
export const plainText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').slice(0, LONGEST);

/** A line of the app's own between what programs write: in the colour of side remarks, between dashes. */
export const terminalLine = (text: string): Uint8Array =>
  Buffer.from(`${PLAIN}\r\n\x1b[90m— ${plainText(text)} —\x1b[0m\r\n`);

/** `14:03 UTC` */
export const timeOfDay = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(11, 16)} UTC`;

/** What is written under the output of a program that ended; undefined where nothing has to be said. */
export function endingText(status: TerminalStatus): string | undefined {
  switch (status.status) {
    case 'exited':
      if (status.signal !== undefined) return `ended by ${status.signal}`;
      return status.code === undefined ? 'exited' : `exited with status ${status.code}`;
    case 'ended':
      return `ended by the gateway: ${status.message}`;
    case 'lost':
      return `connection lost at ${timeOfDay(Date.parse(status.at))}`;
    case 'closed':
      return 'you ended the session';
    case 'connecting':
    case 'live':
    case 'refused':
      return undefined;
    default:
      return status satisfies never;
  }
}
