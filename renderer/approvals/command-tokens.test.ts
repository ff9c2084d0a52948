import { expect, it } from 'vitest';
import { commandTokens } from './command-tokens.ts';

const styled = (command: string) =>
  commandTokens(command).flatMap(({ text, style }) => (style === '' ? [] : [`${style} ${text}`]));

it('tells strings, variables, options and what joins commands', () => {
  expect(styled(`sudo rm -rf "$DIR/a b" && echo 'x' | tee $OUT # done`)).toEqual([
    'k sudo',
    'n -rf',
    'st "$DIR/a b"',
    'p &&',
    "st 'x'",
    'p |',
    'fn $OUT',
    'cm # done',
  ]);
});

it.each(['a#b', 'echo "unclosed', "it's", 'x=$(id -u); y=`z`', '', 'line one\nline two\u202e', '$ $$ $x $'])(
  'loses nothing of %j',
  (command) => {
    expect(
      commandTokens(command)
        .map(({ text }) => text)
        .join(''),
    ).toBe(command);
  },
);
