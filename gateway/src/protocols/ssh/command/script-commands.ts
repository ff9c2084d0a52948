import {
  type Command,
  forEachChild,
  type ParameterExpansionPart,
  type Redirected,
  type TestExpression,
} from 'unbash';
import type { Action } from '../../../policy/decision.ts';
import {
  baseName,
  knownShells,
  opaqueBuiltins,
  otherShells,
  settingBuiltins,
  steersCommands,
} from './names.ts';
import type { ParsedScript, SyntaxNode } from './script.ts';
import { shellInvocation } from './shell-invocation.ts';
import { type Argument, literalOf, redirectedFiles, shown, toArgument } from './words.ts';
import { isWrapper, seeThrough } from './wrappers.ts';

/** What a script would run. */
export interface ScriptCommands {
  readonly actions: readonly Action[];
  /** Scripts in it that are given to a shell as they are: `sh -c '…'`. */
  readonly scripts: readonly string[];
  /** Whether it may run something besides. */
  readonly isOpaque: boolean;
}

/** Collects every simple command of a script, wherever it stands. */
export function scriptCommands(script: ParsedScript, source: string): ScriptCommands {
  const collector = new Collector();
  collector.visit(script, source);
  return collector;
}

/** Tests that mean the same to bash and to a shell that takes `[[` for a program. */
const PLAIN_TEST = /^(?:-[a-zA-Z]|==?|!=)$/;
/** `-v` and `-R` calculate what stands in `[…]` after a name. */
const CALCULATES = new Set(['-v', '-R']);
const INTEGER = /^-?\d+$/;

class Collector implements ScriptCommands {
  readonly actions: Action[] = [];
  readonly scripts: string[] = [];
  isOpaque = false;

  visit(node: SyntaxNode, source: string): void {
    const own = node.type === 'Script' ? (node.source ?? source) : source;
    this.#check(node);
    if (node.type === 'Command') this.#command(node, own);
    else if (node.type === 'Redirected') this.#redirected(node, own);
    forEachChild(node, (child) => this.visit(child, own));
  }

  /** Notes what shells read differently, and what runs a text that is only known when it runs. */
  #check(node: SyntaxNode): void {
    switch (node.type) {
      case 'ArithmeticCommand':
      case 'ArithmeticFor':
      case 'Coproc':
      case 'LocaleString':
        this.isOpaque = true;
        return;
      case 'CommandExpansion':
      case 'ProcessSubstitution':
        this.isOpaque ||= node.script === undefined;
        return;
      case 'AnsiCQuoted':
        this.isOpaque ||= node.text.includes("\\'");
        return;
      case 'ArithmeticWord':
        this.isOpaque ||= !INTEGER.test(node.value);
        return;
      case 'TestCommand':
        this.isOpaque ||= !isPlainTest(node.expression);
        return;
      case 'ParameterExpansion':
        this.isOpaque ||= !isPlainExpansion(node);
        return;
      case 'Assignment':
        this.isOpaque ||= steersCommands(node.name);
        this.isOpaque ||= node.index !== undefined && !INTEGER.test(literalOf(node.index) ?? '');
        return;
      case 'For':
      case 'Select':
        this.isOpaque ||= steersCommands(node.name.text);
        return;
      case 'Function':
        this.isOpaque ||= hasMeaning(node.name.text);
        return;
      default:
        return;
    }
  }

  #command(command: Command, source: string): void {
    const files = redirectedFiles(command.redirects);
    if (!command.name) {
      if (files.length > 0) this.#add(source.slice(command.pos, command.end), '', files);
      return;
    }
    const words = [toArgument(command.name), ...command.args.map(toArgument)];
    this.#run(words, files, source, source.slice(command.pos, command.end));
  }

  #redirected(node: Redirected, source: string): void {
    const files = redirectedFiles(node.redirects);
    if (files.length > 0) this.#add(source.slice(node.pos, node.end), '', files);
  }

  /** One program with its arguments, and what it runs in its turn. */
  #run([first, ...words]: readonly Argument[], files: readonly string[], source: string, text: string): void {
    const program = first?.value;
    if (program === undefined || program === '' || program.startsWith('=')) {
      this.isOpaque = true;
      return;
    }
    this.#add(text, program, [...words.map(shown), ...files]);
    const name = baseName(program);
    if (opaqueBuiltins.has(name) || otherShells.has(name)) this.isOpaque = true;
    else if (settingBuiltins.has(name)) this.isOpaque ||= words.some(setsUnseen);
    else if (name === 'eval') this.#script(words.map(({ value }) => value));
    else if (name === 'trap') this.#trap(words);
    else if (knownShells.has(name)) this.#shell(words);
    else if (isWrapper(name)) this.#wrapped(name, words, files, source);
  }

  #wrapped(name: string, words: readonly Argument[], files: readonly string[], source: string): void {
    const wrapped = seeThrough(name, words);
    if (wrapped === 'opaque') this.isOpaque = true;
    if (typeof wrapped === 'string') return;
    this.#run(wrapped, files, source, source.slice(wrapped[0]?.start, wrapped.at(-1)?.end));
  }

  #shell(words: readonly Argument[]): void {
    const invocation = shellInvocation(words);
    if (invocation === 'opaque') this.isOpaque = true;
    else if (invocation !== 'file') this.scripts.push(invocation.script);
  }

  /** `trap 'commands' SIGNAL`; `trap - SIGNAL` and `trap -l` run nothing. */
  #trap(words: readonly Argument[]): void {
    const [action] = words[0]?.value === '--' ? words.slice(1) : words;
    if (action && !action.value?.startsWith('-')) this.#script([action.value]);
  }

  #script(parts: readonly (string | undefined)[]): void {
    if (parts.includes(undefined)) this.isOpaque = true;
    else this.scripts.push(parts.join(' '));
  }

  #add(command: string, program: string, args: readonly string[]): void {
    this.actions.push({ name: 'ssh.exec', context: { command, program, arguments: args } });
  }
}

/** Whether the analysis itself goes by this name, so that a function of that name would mislead it. */
const hasMeaning = (name: string): boolean =>
  [opaqueBuiltins, otherShells, settingBuiltins, knownShells].some((names) => names.has(name)) ||
  isWrapper(name) ||
  ['eval', 'trap', 'cd', 'echo', 'set'].includes(name);

/** `read PATH`, and `read 'a[$(reboot)]'`, which runs what is in the brackets. */
const setsUnseen = ({ value, text }: Argument): boolean =>
  steersCommands(/^\w*/.exec(value ?? text)?.[0] ?? '') || /\[.*(?:\$\(|`)/s.test(value ?? '');

function isPlainTest(expression: TestExpression): boolean {
  if (expression.type === 'TestNot') return isPlainTest(expression.operand);
  if (expression.type !== 'TestUnary' && expression.type !== 'TestBinary') return false;
  return PLAIN_TEST.test(expression.operator) && !CALCULATES.has(expression.operator);
}

/**
 * Whether an expansion only gives text: no name of a variable in a variable, no prompt, no calculation. Where quotes
 * in it end is read differently by each shell.
 */
function isPlainExpansion({ prefix, index, operation, parameter, text }: ParameterExpansionPart): boolean {
  if (prefix === '!' || /['"\\`]/.test(text)) return false;
  if (index && !/^(?:\d+|[@*])$/.test(index.text)) return false;
  switch (operation?.type) {
    case 'Transform':
    case 'Names':
    case 'Unknown':
      return false;
    case 'Slice':
      return [operation.offset, operation.length].every((each) => !each || INTEGER.test(each.text.trim()));
    case 'Default':
      return !operation.operator.includes('=') || !steersCommands(parameter);
    default:
      return true;
  }
}
