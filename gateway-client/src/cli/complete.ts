import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { printable } from './output/printable.ts';
import { shortId } from './output/short-id.ts';

interface Candidate {
  readonly text: string;
  readonly description: string;
}

/** What the argument of a command is: names that only the gateway knows. */
const argumentsOf: Readonly<Record<string, 'resource' | 'request' | 'grant' | 'session' | 'shell' | 'kind'>> =
  {
    resources: 'resource',
    request: 'resource',
    connect: 'resource',
    ssh: 'resource',
    proxy: 'resource',
    approve: 'request',
    deny: 'request',
    cancel: 'request',
    revoke: 'grant',
    replay: 'session',
    export: 'session',
    verify: 'session',
    terminate: 'session',
    completion: 'shell',
    get: 'kind',
    delete: 'kind',
  };

/**
 * Candidates for the last of `words` (what was typed after `drawbridge`), as lines `candidate<TAB>description`.
 * Never fails: without a gateway or a sign-in there is just less to offer.
 */
export async function complete(
  program: Command,
  context: CliContext,
  words: readonly string[],
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return [];
  const command = program.commands.find(
    (candidate) => candidate.name() === before[0] || candidate.aliases().includes(before[0] ?? ''),
  );
  const candidates = !command
    ? before.length === 0
      ? commandNames(program)
      : []
    : current.startsWith('-')
      ? optionNames(command)
      : await argumentNames(command, context, before.slice(1));
  return candidates
    .filter(({ text }) => text.startsWith(current))
    .map(({ text, description }) => `${printable(text)}\t${printable(description)}`);
}

const commandNames = (program: Command): Candidate[] =>
  program.commands.map((command) => ({ text: command.name(), description: command.description() }));

const optionNames = (command: Command): Candidate[] =>
  command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []));

async function argumentNames(
  command: Command,
  context: CliContext,
  before: readonly string[],
): Promise<Candidate[]> {
  if (before.some((word) => !word.startsWith('-'))) return [];
  const kind = argumentsOf[command.name()];
  if (kind === 'shell') return ['bash', 'zsh', 'fish'].map((text) => ({ text, description: '' }));
  if (kind === 'kind') return ['resource', 'datarule', 'policy'].map((text) => ({ text, description: '' }));
  if (kind === undefined) return [];
  try {
    const { api } = await context.connect({});
    switch (kind) {
      case 'resource':
        return (await api.call('listResources')).resources.map(({ name, description, protocol }) => ({
          text: name,
          description: description ?? protocol,
        }));
      case 'request':
        return (await api.call('listRequests', { query: { state: 'pending' } })).requests.map((request) => ({
          text: shortId(request.id),
          description: `${request.principal.name}: ${request.resource} (${request.profile})`,
        }));
      case 'grant':
        return (await api.call('listGrants', { query: {} })).grants.map((grant) => ({
          text: shortId(grant.id),
          description: `${grant.principal.name}: ${grant.resource} (${grant.profile}), ${grant.state}`,
        }));
      case 'session':
        return (await api.call('listSessions', { query: { limit: 30 } })).sessions.map((session) => ({
          text: shortId(session.id),
          description: `${session.principal.name}: ${session.resource}, ${session.state}`,
        }));
      default:
        return kind satisfies never;
    }
  } catch {
    return [];
  }
}
