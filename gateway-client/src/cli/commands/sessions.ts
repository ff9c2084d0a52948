import type { Session } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand, countArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findSessionId } from '../find-by-id.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { sessionState } from '../output/states.ts';
import { table } from '../output/table.ts';
import { relativeTime, span } from '../output/time.ts';

interface SessionsOptions extends CommonOptions {
  readonly resource?: string;
  readonly user?: string;
  readonly live?: boolean;
  readonly limit: number;
}

interface TerminateOptions extends CommonOptions {
  readonly reason?: string;
}

export function registerSessions(program: Command, context: CliContext): void {
  addCommand(program, 'sessions', "List sessions: yours, or everybody's where you may view recordings", [
    'drawbridge sessions',
    'drawbridge sessions --live --resource orders-db',
  ])
    .option('--resource <name>', 'of one resource')
    .option('--user <name>', 'of one person')
    .option('--live', 'only those that are open now')
    .option('--limit <count>', 'at most so many', countArgument, 20)
    .action((options: SessionsOptions) => listSessions(context, options));

  addCommand(program, 'terminate <session>', 'End one live session', [
    'drawbridge terminate ses_9f3a1c2b --reason "wrong database"',
  ])
    .option('-r, --reason <text>', 'why; the person and the record get it')
    .action((text: string, options: TerminateOptions) => terminate(context, text, options));
}

async function listSessions(context: CliContext, options: SessionsOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { sessions } = await api.call('listSessions', {
    query: {
      limit: Math.max(1, options.limit),
      ...(options.resource === undefined ? {} : { resource: options.resource }),
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.live ? { state: 'live' as const } : {}),
    },
  });
  context.show(options, { sessions }, () => sessionTable(context, sessions));
}

function sessionTable(context: CliContext, sessions: readonly Session[]): string[] {
  const { style, clock } = context;
  const first = sessions[0];
  if (first === undefined) return ['No sessions.', context.next('drawbridge resources')];
  // Said only where it isn't as it should be.
  const odd = sessions.some((session) => oddRecording(session) !== undefined);
  const sql = sessions.some(({ protocol }) => protocol !== 'ssh');
  return [
    ...table(
      [
        { title: 'ID' },
        { title: 'WHO', shrinkTo: 8 },
        { title: 'WHAT', shrinkTo: 16 },
        { title: 'STATE', shrinkTo: 10 },
        { title: 'STARTED' },
        { title: 'LASTED' },
        { title: doneTitle(sessions) },
        ...(sql ? [{ title: 'ROWS', align: 'right' as const }] : []),
        ...(odd ? [{ title: 'RECORDING' }] : []),
      ],
      sessions.map((session) => [
        { text: shortId(session.id) },
        { text: printable(session.principal.displayName), paint: style.bold },
        { text: `${session.resource} (${session.profile})` },
        sessionState(session, style),
        { text: relativeTime(session.startedAt, clock.now()), paint: style.dim },
        {
          text: span(
            (session.endedAt === undefined ? clock.now() : Date.parse(session.endedAt)) -
              Date.parse(session.startedAt),
          ),
        },
        session.refused > 0
          ? { text: `${session.statements}, ${session.refused} refused`, paint: style.bad }
          : { text: String(session.statements) },
        ...(sql ? [{ text: session.protocol === 'ssh' ? '' : String(session.rows) }] : []),
        ...(odd ? [{ text: oddRecording(session) ?? '', paint: style.bad }] : []),
      ]),
      { width: context.width, header: style.dim },
    ),
    '',
    context.next(`drawbridge replay ${shortId(first.id)}`),
  ];
}

/** What a recording has beyond being sealed, where it has. */
function oddRecording({ recording, state }: Session): string | undefined {
  if (recording === 'missing' || recording === 'sealed-after-crash') return `✗ ${recording}`;
  // It is on the disk of a gateway that went without a word.
  return recording === 'open' && state === 'closed' ? '✗ sealed when its gateway is back' : undefined;
}

/** What the number of things done counts: statements, or shells, commands and other channels of hosts. */
function doneTitle(sessions: readonly Session[]): string {
  const hosts = sessions.filter(({ protocol }) => protocol === 'ssh').length;
  if (hosts === 0) return 'STATEMENTS';
  return hosts === sessions.length ? 'COMMANDS' : 'DONE';
}

async function terminate(context: CliContext, text: string, options: TerminateOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findSessionId(api, text);
  const session = await api.call('terminateSession', {
    params: { id },
    body: options.reason === undefined ? {} : { reason: options.reason },
  });
  context.show(options, session, () => [
    `${context.style.bad('✗')} Session ${shortId(session.id)} of ${printable(session.principal.displayName)} on ${session.resource} ends now.`,
  ]);
}
