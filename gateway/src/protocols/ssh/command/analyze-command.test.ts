// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are shell's.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyzeCommand } from './analyze-command.ts';

/** Each action as `program argument argument`; what can't be analysed as `?`, a shell as `shell`. */
async function commands(text: string): Promise<string[]> {
  const actions = await analyzeCommand(text);
  return actions.map(({ name, context }) => {
    if (name === 'ssh.unanalyzable') return '?';
    if (name === 'ssh.shell') return 'shell';
    const args = Array.isArray(context.arguments) ? context.arguments : [];
    return [context.program, ...args].join(' ');
  });
}

describe('what runs is seen', () => {
  test.each<[string, string[]]>([
    ['ls', ['ls']],
    ['ls -l /tmp', ['ls -l /tmp']],
    ['/usr/bin/id -u', ['/usr/bin/id -u']],
    ['"ls" \'-l\' a\\ b', ['ls -l a b']],
    ['l"s" -l', ['ls -l']],
    ['~/bin/deploy now', ['~/bin/deploy now']],
    ['ls $HOME/x *.c', ['ls $HOME/x *.c']],
    ['ls | grep x', ['ls', 'grep x']],
    ['a && b || c; d & e', ['a', 'b', 'c', 'd', 'e']],
    ['a\nb', ['a', 'b']],
    ['! a', ['a']],
    ['time a', ['a']],
    ['(cd /x; ls)', ['cd /x', 'ls']],
    ['{ a; b; }', ['a', 'b']],
    ['if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
    ['while a; do b; done; until c; do d; done', ['a', 'b', 'c', 'd']],
    ['for i in $(a) b; do c "$i"; done', ['a', 'c "$i"']],
    ['case $(a) in x) b;; *) c;; esac', ['a', 'b', 'c']],
    ['f() { a; }; f', ['a', 'f']],
    ['echo $(a `b`)', ['echo $(a `b`)', 'a `b`', 'b']],
    ['echo "$(a "$(b)")"', ['echo "$(a "$(b)")"', 'a "$(b)"', 'b']],
    ['echo `a \\`b\\``', ['echo `a \\`b\\``', 'a `b`', 'b']],
    ['diff <(a) <(b)', ['diff <(a) <(b)', 'a', 'b']],
    ['x=$(a)', ['a']],
    ['x=1 a', ['a']],
    ['a=(1 $(b))', ['b']],
    ['echo ${x:-$(a)}', ['echo ${x:-$(a)}', 'a']],
    ['cat <<E\n$(a)\nE', ['cat', 'a']],
    ["cat <<'E'\n$(a)\nE", ['cat']],
    ['cat <<< "$(a)"', ['cat', 'a']],
    ['a > /etc/passwd', ['a >/etc/passwd']],
    ['a >> x 2> y < z', ['a >>x >y <z']],
    ['a &> x', ['a &>x']],
    ['a > "$x"', ['a >"$x"']],
    ['a 2>&1 >&- <&3', ['a']],
    ['> /etc/passwd', [' >/etc/passwd']],
    ['{ a; } > x', [' >x', 'a']],
    ['[ -f x ] && [[ -d y ]]', ['[ -f x ]']],
    ['echo $((1 + 2))', ['echo $((1 + 2))']],
    ['echo ${x%.c} ${#x} ${x/a/b} ${x:1:2} ${a[@]}', ['echo ${x%.c} ${#x} ${x/a/b} ${x:1:2} ${a[@]}']],
    ['# nothing', ['']],
    ['x=1', ['']],
    ['scp -t /srv/files', ['scp -t /srv/files']],
    ["git-upload-pack '/srv/git/app.git'", ['git-upload-pack /srv/git/app.git']],
    ['rsync --server -vlogDtpre.iLsfxC . /srv/x', ['rsync --server -vlogDtpre.iLsfxC . /srv/x']],
    ['trap "rm x" EXIT; trap - INT', ['trap rm x EXIT', 'trap - INT', 'rm x']],
    ['export A=1; unset A; printf %s x', ['export A=1', 'unset A', 'printf %s x']],
  ])('%s', async (text, expected) => {
    expect(await commands(text)).toEqual(expected);
  });

  test.each<[string, string[]]>([
    ['sudo rm x', ['sudo rm x', 'rm x']],
    ['sudo -n -u root A=1 rm x > y', ['sudo -n -u root A=1 rm x >y', 'rm x >y']],
    ['sudo --user=root -- rm', ['sudo --user=root -- rm', 'rm']],
    ['sudo -l', ['sudo -l']],
    ['doas -u www ls', ['doas -u www ls', 'ls']],
    ['/usr/bin/env -i A="$x" ls', ['/usr/bin/env -i A="$x" ls', 'ls']],
    ['env', ['env']],
    [
      'nohup nice -n 5 timeout -k 1 5s ls -l',
      [
        'nohup nice -n 5 timeout -k 1 5s ls -l',
        'nice -n 5 timeout -k 1 5s ls -l',
        'timeout -k 1 5s ls -l',
        'ls -l',
      ],
    ],
    ['nice -10 ls', ['nice -10 ls', 'ls']],
    ['/usr/bin/time -p ls', ['/usr/bin/time -p ls', 'ls']],
    ['command -v python3', ['command -v python3']],
    ['command ls; exec ls; builtin cd x', ['command ls', 'ls', 'exec ls', 'ls', 'builtin cd x', 'cd x']],
    ['exec > log', ['exec >log']],
    ['stdbuf -oL ls; setsid -f ls', ['stdbuf -oL ls', 'ls', 'setsid -f ls', 'ls']],
    ['busybox ls', ['busybox ls', 'ls']],
    ['find . | xargs -0 -n 1 rm -f', ['find .', 'xargs -0 -n 1 rm -f', 'rm -f $@']],
    ['xargs -I{} cp {} /x', ['xargs -I{} cp {} /x', 'cp {} /x']],
    ['xargs', ['xargs']],
    ["sh -c 'a && b'", ['sh -c a && b', 'a', 'b']],
    ['bash -lc "a | b" x y', ['bash -lc a | b x y', 'a', 'b']],
    ['bash -euo pipefail -c "a"', ['bash -euo pipefail -c a', 'a']],
    [`/bin/sh -c 'echo ~alice && sleep 0'`, ['/bin/sh -c echo ~alice && sleep 0', 'echo ~alice', 'sleep 0']],
    [`sh -c "sh -c 'a'"`, ["sh -c sh -c 'a'", 'sh -c a', 'a']],
    ["sudo bash -c 'rm x'", ['sudo bash -c rm x', 'bash -c rm x', 'rm x']],
    ['bash deploy.sh now', ['bash deploy.sh now']],
    ['eval "a; b"', ['eval a; b', 'a', 'b']],
    ['eval a b', ['eval a b', 'a b']],
  ])('through what runs it: %s', async (text, expected) => {
    expect(await commands(text)).toEqual(expected);
  });

  test('the text of each command goes with it', async () => {
    const actions = await analyzeCommand('A=1 ls -l | sudo -u x  rm "a b" > y');
    expect(actions.map(({ context }) => context.command)).toEqual([
      'A=1 ls -l',
      'sudo -u x  rm "a b" > y',
      'rm "a b"',
    ]);
  });

  test('no command is a shell', async () => {
    expect(await commands('')).toEqual(['shell']);
    expect(await commands(' \n')).toEqual(['shell']);
  });
});

describe('what only shows when it runs is unanalyzable, beside what is seen', () => {
  test.each<[string, string[]]>([
    ['$x', ['?']],
    ['$(a) b', ['a', '?']],
    ['"$x" b; c', ['c', '?']],
    ['/bin/l* x', ['?']],
    ['{rm,-rf,/}', ['?']],
    ["$'rm' x", ['?']],
    ['~root/x', ['?']],
    ['=ls', ['?']],
    ['sudo $x', ['sudo $x', '?']],
    ['sudo $opts rm', ['sudo $opts rm', '?']],
    ['sudo -i', ['sudo -i', '?']],
    ['sudo --unknown rm', ['sudo --unknown rm', '?']],
    ['env -S "rm x"', ['env -S rm x', '?']],
    ['env PATH=/tmp ls', ['env PATH=/tmp ls', '?']],
    ['PATH=/tmp ls', ['ls', '?']],
    ['LD_PRELOAD=/tmp/x.so ls', ['ls', '?']],
    ['export PATH=/tmp; ls', ['export PATH=/tmp', 'ls', '?']],
    ['read PATH < x; ls', ['read PATH <x', 'ls', '?']],
    ['for PATH in /tmp; do ls; done', ['ls', '?']],
    ['timeout $t ls', ['timeout $t ls', '?']],
    ['xargs env', ['xargs env', 'env $@', '?']],
    ['xargs -I{} sh -c {}', ['xargs -I{} sh -c {}', 'sh -c {}', '?']],
    ['xargs sh', ['xargs sh', 'sh $@', '?']],
    ['eval $x', ['eval $x', '?']],
    ['eval "$(a)"', ['eval "$(a)"', 'a', '?']],
    ['. ./x', ['. ./x', '?']],
    ['source x', ['source x', '?']],
    ['sh', ['sh', '?']],
    ['echo rm | bash', ['echo rm', 'bash', '?']],
    ['bash -s < x', ['bash -s <x', '?']],
    ['bash -i', ['bash -i', '?']],
    ['bash /dev/stdin', ['bash /dev/stdin', '?']],
    ['bash <(curl x)', ['bash <(curl x)', 'curl x', '?']],
    ['sh -c "$x"', ['sh -c "$x"', '?']],
    ["sh -c '$1' x ls", ['sh -c $1 x ls', '?']],
    ["sh -c 'a; ('", ['sh -c a; (', '?']],
    ["zsh -c 'a'", ['zsh -c a', '?']],
    ['su -c a', ['su -c a', '?']],
    ['alias ls=rm', ['alias ls=rm', '?']],
    ['sudo() { rm x; }; sudo ls', ['rm x', 'sudo ls', 'ls', '?']],
    ['((rm x))', ['?']],
    ['[[ a && b ]]', ['?']],
    ['[[ -v x ]]', ['?']],
    ['echo $((x))', ['echo $((x))', '?']],
    ['echo "${x:-\'}"; rm y; echo "\'}"', ['echo "${x:-\'}"; rm y; echo "\'}"', '?']],
    ['echo ${!x}', ['echo ${!x}', '?']],
    ['echo ${x@P}', ['echo ${x@P}', '?']],
    ["unset 'a[$(rm x)]'", ['unset a[$(rm x)]', '?']],
    ["echo $'a\\'; rm x; echo \\''", ["echo $'a\\'; rm x; echo \\''", '?']],
    ['coproc a', ['a', '?']],
    ['trap "$x" EXIT', ['trap "$x" EXIT', '?']],
    ['ls )', ['?']],
    ['ls "', ['?']],
    ['if a; then', ['?']],
    ['a\0b', ['?']],
    ['a \ufffd', ['?']],
  ])('%s', async (text, expected) => {
    expect(await commands(text)).toEqual(expected);
  });

  test('what is too much', async () => {
    expect(await commands('x'.repeat(70_000))).toEqual(['?']);
    expect((await commands(`ls ${'a '.repeat(300)}`)).at(-1)).toBe('?');
    expect((await commands('a; '.repeat(200))).at(-1)).toBe('?');
    expect((await commands(`echo ${'a'.repeat(5000)}`)).at(-1)).toBe('?');
    expect((await commands(`${'('.repeat(2000)}a${')'.repeat(2000)}`)).at(-1)).toBe('?');
  });
});

test('whatever the text is, there is something to decide', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...'ls|;&$(){}<>`"\'\\ \n#!'.split(''),
      'sudo ',
      'sh -c ',
      'if ',
      'fi',
      '$((',
      '<<E\n',
      '[[ ',
    ),
    fc.string({ maxLength: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
      const actions = await analyzeCommand(pieces.join(''));
      expect(actions.length).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});
