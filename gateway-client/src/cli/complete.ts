import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import type { CliContext } from './cli-context.ts';
import { printable } from './output/printable.ts';
import { shortId } from './output/short-id.ts';

interface Candidate {
  readonly text: string;
  readonly description: string;
}

/** What the argument of a command is: names that only the gateway knows. */
const argumentsOf: Readonly<
  Record<string, 'resource' | 'request' | 'review' | 'held' | 'grant' | 'session' | 'shell' | 'kind'>
> = {
  resources: 'resource',
  request: 'resource',
  connect: 'resource',
  ssh: 'resource',
  proxy: 'resource',
  approve: 'review',
  deny: 'review',
  show: 'held',
  withdraw: 'held',
  'break-glass': 'held',
  cancel: 'request',
  revoke: 'grant',
  extend: 'grant',
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
  const { command, rest } = commandAt(program, before);
  const candidates = current.startsWith('-')
    ? optionNames(command)
    : [
        ...(rest.length === 0 ? commandNames(command) : []),
        ...(command === program ? [] : await argumentNames(command, context, rest)),
      ];
  return candidates
    .filter(({ text }) => text.startsWith(current))
    .map(({ text, description }) => `${printable(text)}\t${printable(description)}`);
}

/** The command that the words name, which may be one of another, and what follows its name. */
function commandAt(
  program: Command,
  words: readonly string[],
): { command: Command; rest: readonly string[] } {
  let command = program;
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined) return { command, rest: words.slice(index) };
    command = next;
  }
  return { command, rest: [] };
}

const commandNames = (program: Command): Candidate[] =>
  program.commands.map((command) => ({ text: command.name(), description: command.description() }));

const optionNames = (command: Command): Candidate[] =>
  command.parent === null
    ? []
    : command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []));

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
        return pendingRequests(api);
      case 'held':
        return heldCommands(api);
      case 'review':
        return [...(await heldCommands(api)), ...(await pendingRequests(api))];
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

const pendingRequests = async (api: Pick<ApiClient, 'call'>): Promise<Candidate[]> =>
  (await api.call('listRequests', { query: { state: 'pending' } })).requests.map((request) => ({
    text: shortId(request.id),
    description: `${request.principal.name}: ${request.resource} (${request.profile})`,
  }));

const heldCommands = async (api: Pick<ApiClient, 'call'>): Promise<Candidate[]> =>
  (await api.call('listCommandReviews', { query: { state: 'pending' } })).reviews.map((review) => ({
    text: shortId(review.id),
    description: `${review.principal.name}: ${review.resource}, ${review.text.slice(0, 60)}`,
  }));
