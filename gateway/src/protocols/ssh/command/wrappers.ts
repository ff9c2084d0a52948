import { steersCommands } from './names.ts';
import type { Argument } from './words.ts';

/** How a program that runs another one takes its options (POSIX utility syntax, with GNU's long ones). */
interface Wrapper {
  /** Letters and names of options without a value. */
  readonly flags?: string;
  readonly longFlags?: readonly string[];
  /** Of those with one. */
  readonly valued?: string;
  readonly longValued?: readonly string[];
  /** Options with which nothing is run. */
  readonly idle?: string;
  /** Whether `NAME=value` may stand before the program. */
  readonly assigns?: true;
  /** Words between options and program. */
  readonly operands?: number;
}

const wrappers: Readonly<Record<string, Wrapper>> = {
  env: {
    flags: 'i0v',
    longFlags: ['--ignore-environment', '--null', '--debug'],
    valued: 'uC',
    longValued: ['--unset', '--chdir'],
    assigns: true,
  },
  sudo: {
    flags: 'AbEHknPSBN',
    longFlags: ['--preserve-env', '--non-interactive', '--stdin', '--set-home'],
    valued: 'ughpCTrtDR',
    longValued: ['--user', '--group', '--preserve-env', '--chdir'],
    idle: 'lvVK',
    assigns: true,
  },
  doas: { flags: 'n', valued: 'uC', idle: 'L' },
  nohup: {},
  nice: { flags: '0123456789', valued: 'n', longValued: ['--adjustment'] },
  ionice: { flags: 't', valued: 'cn', longValued: ['--class', '--classdata'], idle: 'p' },
  time: { flags: 'pvaq', valued: 'of', idle: 'V' },
  timeout: {
    flags: 'v',
    longFlags: ['--preserve-status', '--foreground', '--verbose'],
    valued: 'ks',
    longValued: ['--kill-after', '--signal'],
    operands: 1,
  },
  stdbuf: { valued: 'ioe', longValued: ['--input', '--output', '--error'] },
  setsid: { flags: 'cfw', longFlags: ['--ctty', '--fork', '--wait'] },
  xargs: {
    flags: '0rtpxo',
    longFlags: ['--null', '--no-run-if-empty', '--verbose'],
    valued: 'nPILdaEs',
    longValued: ['--max-args', '--max-procs', '--delimiter', '--arg-file', '--replace'],
  },
  command: { flags: 'p', idle: 'vV' },
  builtin: {},
  exec: { flags: 'cl', valued: 'a' },
  busybox: {},
  toybox: {},
};

/** What a wrapper runs: the words of it, nothing, or that it can't be told. */
export type Wrapped = readonly Argument[] | 'nothing' | 'opaque';

export const isWrapper = (name: string): boolean => Object.hasOwn(wrappers, name);

/** What `name` with these arguments runs. */
export function seeThrough(name: string, words: readonly Argument[]): Wrapped {
  const wrapper = wrappers[name];
  if (!wrapper) return 'nothing';
  const options = readOptions(wrapper, words);
  if (typeof options === 'string') return options;
  let at = options.end;
  if (wrapper.assigns) {
    for (; at < words.length; at += 1) {
      const variable = /^(\w+)=/s.exec(words[at]?.value ?? words[at]?.text ?? '')?.[1];
      if (variable === undefined) break;
      if (steersCommands(variable)) return 'opaque';
    }
  }
  for (const operand of words.slice(at, at + (wrapper.operands ?? 0)))
    if (operand.value === undefined) return 'opaque';
  const rest = words.slice(at + (wrapper.operands ?? 0));
  if (rest.length === 0) return 'nothing';
  return name === 'xargs' ? withInput(rest, options.values) : rest;
}

interface Options {
  readonly end: number;
  readonly values: ReadonlyMap<string, string>;
}

function readOptions(wrapper: Wrapper, words: readonly Argument[]): Options | 'nothing' | 'opaque' {
  const values = new Map<string, string>();
  let at = 0;
  while (at < words.length) {
    const word = words[at]?.value;
    if (word === undefined) return isQuotedAssignment(wrapper, words[at]) ? { end: at, values } : 'opaque';
    if (word === '--') return { end: at + 1, values };
    if (word === '--help' || word === '--version') return 'nothing';
    if (!word.startsWith('-') || word === '-') return word === '-' ? 'opaque' : { end: at, values };
    const option = word.startsWith('--') ? longOption(wrapper, word) : shortOptions(wrapper, word);
    if (typeof option === 'string') return option;
    at += 1;
    if (option.name === undefined) continue;
    const value = option.value ?? words[at]?.value;
    if (value === undefined) return 'opaque';
    if (option.value === undefined) at += 1;
    values.set(option.name, value);
  }
  return { end: at, values };
}

/** `env NAME="$value" program`: only the value is not known. */
const isQuotedAssignment = (wrapper: Wrapper, word: Argument | undefined): boolean =>
  wrapper.assigns === true && /^\w+="[^"]*"$/s.test(word?.text ?? '');

/** An option that was read; `name` where it takes a value, which is the next word unless given. */
type Option = { readonly name?: string; readonly value?: string } | 'nothing' | 'opaque';

function longOption({ longFlags, longValued }: Wrapper, word: string): Option {
  const [name = '', ...value] = word.split('=');
  if (value.length > 0) return longValued?.includes(name) ? { name, value: value.join('=') } : 'opaque';
  if (longFlags?.includes(name)) return {};
  return longValued?.includes(name) ? { name } : 'opaque';
}

function shortOptions({ flags = '', valued = '', idle = '' }: Wrapper, word: string): Option {
  for (let i = 1; i < word.length; i += 1) {
    const letter = word.charAt(i);
    if (idle.includes(letter)) return 'nothing';
    if (valued.includes(letter)) {
      const value = word.slice(i + 1);
      return value === '' ? { name: letter } : { name: letter, value };
    }
    if (!flags.includes(letter)) return 'opaque';
  }
  return {};
}

/** The words that `xargs` adds are only known when it runs: they stand as `$@`, or replace what `-I` names. */
function withInput(words: readonly Argument[], values: ReadonlyMap<string, string>): readonly Argument[] {
  const replaced = values.get('I') ?? values.get('--replace');
  const last = words.at(-1);
  if (replaced === undefined)
    return [...words, { value: undefined, text: '$@', start: last?.end ?? 0, end: last?.end ?? 0 }];
  return words.map((word) => (word.value?.includes(replaced) ? { ...word, value: undefined } : word));
}
