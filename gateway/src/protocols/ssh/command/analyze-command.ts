import type { Action } from '../../../policy/decision.ts';
import { parseScript } from './script.ts';
import { scriptCommands } from './script-commands.ts';

/** Longer commands are not analysed, in characters. */
const LONGEST_COMMAND = 64 * 1024;
/** Nor are such with more scripts in scripts, commands, or arguments of a command, or longer ones. */
const MOST_SCRIPTS = 16;
const MOST_ACTIONS = 128;
const MOST_ARGUMENTS = 256;
const LONGEST_ARGUMENT = 4096;
/** NUL ends a command for the target; U+FFFD stands for bytes that are not what was sent. */
const UNREADABLE = /[\0\ufffd]/;

/**
 * What a command that is sent to a host would do, for policy to decide: `ssh.exec` for each simple command in it,
 * and `ssh.unanalyzable` for the whole where something in it only shows when it runs. Without a command it is
 * `ssh.shell`. Never rejects: what can't be analysed is unanalyzable.
 */
export async function analyzeCommand(text: string): Promise<readonly Action[]> {
  if (text.trim() === '') return [action('ssh.shell', text)];
  if (text.length > LONGEST_COMMAND || UNREADABLE.test(text)) return [action('ssh.unanalyzable', text)];
  const { actions, isOpaque } = await collect(text);
  if (isOpaque || !isBounded(actions))
    return [...actions.filter(isSmall).slice(0, MOST_ACTIONS), action('ssh.unanalyzable', text)];
  return actions.length > 0 ? actions : [action('ssh.exec', text)];
}

async function collect(text: string): Promise<{ actions: readonly Action[]; isOpaque: boolean }> {
  const actions: Action[] = [];
  const scripts = [text];
  let isOpaque = false;
  for (let at = 0; at < scripts.length; at += 1) {
    if (at === MOST_SCRIPTS) return { actions, isOpaque: true };
    const source = scripts[at] ?? '';
    const script = await parseScript(source);
    if (!script) {
      isOpaque = true;
      continue;
    }
    const commands = scriptCommands(script, source);
    actions.push(...commands.actions);
    scripts.push(...commands.scripts);
    isOpaque ||= commands.isOpaque;
  }
  return { actions, isOpaque };
}

const action = (name: Action['name'], command: string): Action => ({
  name,
  context: { command, program: '', arguments: [] },
});

const isBounded = (actions: readonly Action[]): boolean =>
  actions.length <= MOST_ACTIONS && actions.every(isSmall);

function isSmall({ context }: Action): boolean {
  const args = context.arguments;
  return (
    Array.isArray(args) &&
    args.length <= MOST_ARGUMENTS &&
    args.every((each) => String(each).length <= LONGEST_ARGUMENT)
  );
}
