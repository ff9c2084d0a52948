import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { hardenTerminal } from './harden-terminal.ts';

/** What a terminal shows, says and turns into after something was written to it. */
async function after(written: string) {
  const terminal = new Terminal({ allowProposedApi: true, cols: 60, rows: 5 });
  const heard: string[] = [];
  const answers: string[] = [];
  terminal.onTitleChange((title) => heard.push(`title ${title}`));
  terminal.onBell(() => heard.push('bell'));
  terminal.onResize(({ cols, rows }) => heard.push(`size ${cols}x${rows}`));
  terminal.onData((data) => answers.push(data));
  hardenTerminal(terminal.parser);
  await new Promise<void>((resolve) => terminal.write(`before ${written}after`, resolve));
  const line = terminal.buffer.active.getLine(0);
  const outcome = {
    text: line?.translateToString(true),
    heard,
    answers,
    mouse: terminal.modes.mouseTrackingMode,
    isAlternate: terminal.buffer.active.type === 'alternate',
  };
  terminal.dispose();
  return outcome;
}
const nothing = { text: 'before after', heard: [], mouse: 'none', isAlternate: false };

it.each([
  ['sets the clipboard', '\x1b]52;c;ZXZpbA==\x07'],
  ['reads the clipboard', '\x1b]52;c;?\x1b\\'],
  ['sets title and icon', '\x1b]0;Approve everything\x07'],
  ['sets the icon name', '\x1b]1;x\x07'],
  ['sets the title', '\x1b]2;Approve everything\x1b\\'],
  ['changes the palette', '\x1b]4;1;rgb:00/00/00\x07'],
  ['asks for the palette', '\x1b]4;1;?\x07'],
  ['names a working folder', '\x1b]7;file:///etc\x07'],
  ['notifies', '\x1b]9;come here\x07'],
  ['notifies as urxvt does', '\x1b]777;notify;a;b\x07'],
  ['changes the colour of text', '\x1b]10;#f8fafc\x07'],
  ['asks for the colour behind text', '\x1b]11;?\x07'],
  ['changes the cursor', '\x1b]12;#000000\x07'],
  ['writes a file as iTerm2 does', '\x1b]1337;File=name=ZXZpbA==:ZXZpbA==\x07'],
  ['marks a prompt', '\x1b]133;A\x07'],
  ['draws a picture', '\x1bPq#0;2;0;0;0#0~~\x1b\\'],
  ['runs a macro', '\x1bP1;1;0!z6869\x1b\\'],
  ['passes an application command', '\x1b_Gf=24;AAAA\x1b\\'],
  ['passes a private message', '\x1b^secret\x1b\\'],
  ['reports the mouse', '\x1b[?1000h\x1b[?1003h\x1b[?1006h'],
  ['resizes the window', '\x1b[8;50;200t'],
  ['minimizes the window', '\x1b[2t'],
  ['holds back what is shown', '\x1b[?2026h'],
])('does nothing when the output %s', async (_what, sequence) => {
  expect(await after(sequence)).toMatchObject({ ...nothing, answers: [] });
});

it('shows the text of a link and leaves the link out', async () => {
  const link = '\x1b]8;;https://evil.example\x07the text\x1b]8;;\x07 ';
  expect(await after(link)).toMatchObject({ ...nothing, text: 'before the text after' });
});

it('still does what a screen is for', async () => {
  expect(await after('\x1b[?1049h\x1b[H')).toMatchObject({ isAlternate: true, text: 'after' });
  expect(await after('\x1b[31mred\x1b[0m ')).toMatchObject({ text: 'before red after' });
});
