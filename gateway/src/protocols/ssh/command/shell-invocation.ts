import type { Argument } from './words.ts';

/** What a shell is told to run: a script in place, a file, or what can't be told. */
export type ShellInvocation = { readonly script: string } | 'file' | 'opaque';

/** Options of `sh` and `bash` without a value, but for `c`, `s` (the script is the input) and `i` (so is the person). */
const FLAGS = 'abefhklmnprtuvxBCEHPT';
const LONG_FLAGS = ['--login', '--noprofile', '--norc', '--posix', '--verbose'];
/** Files that are the shell's own input. */
const INPUT = /^(?:-|\/dev\/(?:stdin|tty|fd\/.*)|\/proc\/.*)$/;

/** What `sh`, `bash` and their like do with these arguments (POSIX *sh*, bash's *Invoking Bash*). */
export function shellInvocation(words: readonly Argument[]): ShellInvocation {
  let isScript = false;
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at]?.value;
    if (word === undefined) return 'opaque';
    if (word === '--') {
      at += 1;
      break;
    }
    if (word === '--help' || word === '--version') return 'file';
    if (word.startsWith('--')) {
      if (!LONG_FLAGS.includes(word)) return 'opaque';
      continue;
    }
    if (!/^[-+]./.test(word)) break;
    for (const letter of word.slice(1)) {
      if (letter === 'c') isScript = true;
      else if (letter === 'o' || letter === 'O') {
        at += 1;
        if (words[at]?.value === undefined) return 'opaque';
      } else if (!FLAGS.includes(letter)) return 'opaque';
    }
  }
  const operand = words[at]?.value;
  if (operand === undefined) return 'opaque';
  if (isScript) return { script: operand };
  return INPUT.test(operand) ? 'opaque' : 'file';
}
