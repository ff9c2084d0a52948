import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joined, type RecordingEntry } from '../../../recording/recorder.ts';
import { TypedInput } from './typed-input.ts';

type Turn = { readonly type: string } | { readonly see: string };

/** What a conversation leaves in the recording: payloads as text, `<n>` for n bytes withheld, `+text` for an echo. */
function recorded(...turns: Turn[]): string[] {
  const typed = new TypedInput(1);
  return turns
    .flatMap((turn) =>
      'type' in turn ? typed.input(Buffer.from(turn.type)) : typed.output(Buffer.from(turn.see)),
    )
    .map(told);
}

function told({ event, payload }: RecordingEntry): string {
  if (event.type !== 'input' || event.channel !== 1) throw new Error('an input event of channel 1');
  if (event.withheld !== undefined) return `<${event.withheld}>`;
  return `${event.echoed ? '+' : ''}${joined(payload ?? []).toString()}`;
}

/** Each key on its own, echoed as readline does. */
const typing = (text: string): Turn[] => [...text].flatMap((key) => [{ type: key }, { see: key }]);
const hidden = (text: string): Turn[] => [...text].map((key) => ({ type: key }));
const shown = (entries: readonly string[]): string =>
  entries
    .filter((entry) => entry.startsWith('+'))
    .map((entry) => entry.slice(1))
    .join('');

describe('what is echoed is recorded', () => {
  test('a command at a prompt', () => {
    const entries = recorded(
      { see: '\x1b[?2004halice@host:~$ ' },
      ...typing('ls'),
      { type: '\r' },
      { see: '\r\n\x1b[?2004l\rfile\r\n\x1b[?2004halice@host:~$ ' },
    );
    expect(entries).toEqual(['<1>', '+l', '<1>', '+s', '\r']);
  });

  test('letters that come before their echo, and an echo in pieces', () => {
    expect(recorded({ type: 'who' }, { see: 'w' }, { type: 'ami\r' }, { see: 'hoami\r\nalice\r\n' })).toEqual(
      ['<3>', '+w', '<3>', '\r', '+hoami'],
    );
  });

  test('characters beyond ASCII', () => {
    expect(shown(recorded(...typing('echo grüße €')))).toBe('echo grüße €');
  });

  test('a letter in the middle of a line', () => {
    expect(recorded({ type: '\x1b[D' }, { see: '\b' }, { type: 'x' }, { see: 'xs\b' })).toEqual([
      '\x1b[D',
      '<1>',
      '+x',
    ]);
    expect(recorded({ type: 'x' }, { see: '\x1b[1@x' })).toEqual(['<1>', '+x']);
  });

  test('corrected typing', () => {
    const entries = recorded(...typing('lx'), { type: '\x7f' }, { see: '\b\x1b[K' }, ...typing('s'));
    expect(entries).toEqual(['<1>', '+l', '<1>', '+x', '\x7f', '<1>', '+s']);
    expect(recorded({ type: 'lx\x7fs\r' }, { see: 'lx\b \bs\r\n' })).toEqual([
      '<2>',
      '\x7f',
      '<1>',
      '\r',
      '+lxs',
    ]);
  });

  test('a shell that colours words as they grow', () => {
    expect(
      shown(
        recorded(
          { type: 'l' },
          { see: '\x1b[1m\x1b[31ml\x1b[0m' },
          { type: 's' },
          { see: '\b\x1b[32ml\x1b[32ms\x1b[39m' },
        ),
      ),
    ).toBe('ls');
  });

  test('a line that wraps', () => {
    expect(shown(recorded({ type: 'abcdef' }, { see: 'abc \rdef' }))).toBe('abcdef');
  });

  test('a bracketed paste of several lines', () => {
    const entries = recorded(
      { type: '\x1b[200~echo a\necho b\x1b[201~' },
      { see: '\x1b[7mecho a\r\n\x1b[7mecho b\x1b[27m' },
      { type: '\r' },
      { see: '\r\na\r\nb\r\n' },
    );
    expect(entries[0]).toBe('\x1b[200~');
    expect(shown(entries)).toBe('echo aecho b');
  });

  test('lines pasted into a program that reads them, echoed by the terminal', () => {
    expect(
      shown(recorded({ type: 'one\rtwo\rthree\r' }, { see: 'one\r\ntwo\r\nth' }, { see: 'ree\r\n' })),
    ).toBe('onetwothree');
  });

  test('the answer to a prompt that says password, but shows it: so does the output', () => {
    expect(
      shown(recorded({ see: 'Password: ' }, ...typing('open sesame'), { type: '\r' }, { see: '\r\n' })),
    ).toBe('open sesame');
  });

  test('what is written in vim', () => {
    const entries = recorded(
      { see: '\x1b[?1049h\x1b[22;0;0t\x1b[1;24r\x1b[H' },
      { type: 'i' },
      { see: '\x1b[24;1H\x1b[1m-- INSERT --\x1b[m\x1b[1;1H' },
      { type: 'h' },
      { see: '\x1b[?25lh\x1b[?25h' },
      { type: '\x1b' },
      { see: '\x1b[24;1H\x1b[K\x1b[1;1H' },
    );
    expect(entries).toEqual(['<1>', '<1>', '+h', '\x1b']);
  });
});

describe('what is not echoed is not', () => {
  const SECRET = 'hunter2';

  test.each<[string, Turn[]]>([
    [
      'sudo',
      [
        { see: '[sudo] password for alice: ' },
        ...hidden(SECRET),
        { type: '\r' },
        { see: '\r\n' },
        { see: 'Sorry, try again.\r\n' },
      ],
    ],
    [
      'passwd',
      [
        { see: 'Current password: ' },
        ...hidden(SECRET),
        { type: '\r' },
        { see: '\r\nNew password: ' },
        ...hidden(SECRET),
        { type: '\r' },
        { see: '\r\nRetype new password: ' },
      ],
    ],
    ['ssh, pasted', [{ see: "bob@db's password: " }, { type: `${SECRET}\r` }, { see: '\r\nWelcome\r\n' }]],
    ['read -s, then the prompt', [{ type: `${SECRET}\r` }, { see: '\x1b[?2004hhost$ ' }]],
    ['stty -echo, then its letters in the output', [{ type: `${SECRET}\r` }, { see: 'hello hunter2 \r\n' }]],
    [
      'output that begins with the same letter',
      [{ type: 'h' }, { see: 'hello from a job\r\n' }, { type: `unter2\r` }, { see: '\r\n' }],
    ],
    ['letters shown as stars', [...SECRET].flatMap((key) => [{ type: key }, { see: '*' }])],
    [
      'a prompt inside of a full screen',
      [
        { see: '\x1b[?1049h\x1b[H\x1b[2JPassword:' },
        ...hidden(SECRET),
        { type: '\r' },
        { see: '\x1b[2J\x1b[HInbox' },
      ],
    ],
    [
      'a prompt that is answered before it comes',
      [{ type: `${SECRET}\r` }, { see: '[sudo] password for alice: ' }, { see: '\r\nok\r\n' }],
    ],
  ])('%s', (_, turns) => {
    const entries = recorded(...turns);
    expect(shown(entries)).toBe('');
    expect(entries.filter((entry) => !entry.startsWith('<') && entry !== '\r')).toEqual([]);
  });

  test('keys with letters in them are withheld on a hidden line, others are not', () => {
    expect(recorded(...hidden('ab'), { type: '\x1b[D' }, { type: '\x7f' }, { type: '\x03' })).toEqual([
      '<1>',
      '<1>',
      '<3>',
      '\x7f',
      '\x03',
    ]);
  });

  test('the command after a password is recorded again', () => {
    const entries = recorded(
      { see: 'Password: ' },
      { type: `${SECRET}\r` },
      { see: '\r\n# ' },
      ...typing('id'),
      { type: '\x1b[A' },
    );
    expect(shown(entries)).toBe('id');
    expect(entries.at(-1)).toBe('\x1b[A');
  });

  test('no silent line is ever shown, whatever it is and however it comes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 20 }), fc.boolean(), (secret, asOne) => {
        const turns = asOne ? [{ type: `${secret}\r` }] : [...hidden(secret), { type: '\r' }];
        expect(shown(recorded(...turns, { see: '\r\n' }, { see: `${secret}\r\n$ ` }))).toBe('');
      }),
    );
  });
});

test('every byte is either recorded at once or counted', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const entries = new TypedInput(1).input(Buffer.from(bytes));
      const count = entries.reduce(
        (sum, { event, payload }) =>
          sum + (event.type === 'input' ? (event.withheld ?? payload?.length ?? 0) : 0),
        0,
      );
      expect(count).toBe(bytes.length);
      expect(entries.length).toBeLessThanOrEqual(128);
    }),
  );
});
