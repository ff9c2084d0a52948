import type { Resource } from '@drawbridge/contract';
import type { TunnelState } from '../ipc/app-state.ts';
import type { QuitQuestion } from '../ipc/contract.ts';
import type { OpenConsole } from '../sql/sql-consoles.ts';
import type { OpenTerminal } from '../terminals/terminals.ts';

const NOTES: Readonly<Record<OpenConsole['activity'], string>> = {
  connecting: 'Connecting',
  idle: 'Nothing is running',
  transaction: 'A transaction is open',
  'failed-transaction': 'A failed transaction is open',
  running: 'A statement is still running',
  held: 'A statement waits for approval',
  closed: '',
};

export interface OpenThings {
  readonly consoles: readonly OpenConsole[];
  readonly terminals: readonly OpenTerminal[];
  readonly tunnels: readonly TunnelState[];
  readonly resources: readonly Pick<Resource, 'name' | 'labels'>[];
}

const isProduction = (labels: Readonly<Record<string, string>> | undefined): boolean =>
  ['prod', 'production'].includes(labels?.env ?? '');

/** What quitting would close, or undefined where it closes nothing. A tunnel that only the app's own consoles use is theirs. */
export function quitQuestion({
  consoles,
  terminals,
  tunnels,
  resources,
}: OpenThings): QuitQuestion | undefined {
  const open = consoles.filter(({ activity }) => activity !== 'closed');
  const production = (resource: string) =>
    isProduction(resources.find(({ name }) => name === resource)?.labels);
  const sessions: QuitQuestion['sessions'] = [
    ...open.map(({ resource, activity }) => ({
      kind: 'console' as const,
      resource,
      production: production(resource),
      note: NOTES[activity],
    })),
    ...terminals.map(({ target, foreground }) => ({
      kind: 'terminal' as const,
      resource: target.kind === 'ssh' ? target.resource : undefined,
      production: target.kind === 'ssh' && production(target.resource),
      note: foreground === undefined ? 'A shell is open' : `${foreground} is running`,
    })),
  ];
  const others = tunnels.flatMap(({ id, port, connections }) => {
    const own = open.filter(({ tunnel }) => tunnel === id).length;
    const foreign = Math.max(0, connections - own);
    if (foreign === 0 && own > 0) return [];
    const note = foreign === 0 ? 'Not in use now' : foreign === 1 ? '1 connection' : `${foreign} connections`;
    return [{ port, note }];
  });
  return sessions.length + others.length === 0 ? undefined : { sessions, tunnels: others };
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** `Closes 2 sessions and 1 tunnel`. */
export function quitSummary(question: QuitQuestion): string {
  const { sessions, tunnels } = question;
  const parts = [
    ...(sessions.length > 0 ? [counted(sessions.length, 'session')] : []),
    ...(tunnels.length > 0 ? [counted(tunnels.length, 'tunnel')] : []),
  ];
  return `Closes ${parts.join(' and ')}`;
}

/** The same question in words, for a native dialog where no window is open. */
export function quitDialogText(question: QuitQuestion): {
  readonly message: string;
  readonly detail: string;
} {
  const lines = [
    ...question.sessions.map(
      ({ resource = 'Local shell', production, note }) =>
        `${resource}${production ? ' (production)' : ''}: ${note}`,
    ),
    ...question.tunnels.map(({ port, note }) => `Tunnel 127.0.0.1:${port}: ${note}`),
  ];
  return {
    message: `Quit? ${quitSummary(question)}.`,
    detail: `${lines.join('\n')}\n\nUnsaved work in them is lost. Time on your grants keeps running.`,
  };
}
