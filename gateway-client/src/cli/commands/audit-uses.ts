import type { Output, Use } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { addCommand, countArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { readDay, readTimeOfDay } from '../moment.ts';
import { momentArgument } from '../moment-argument.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { table } from '../output/table.ts';
import { clockTime } from '../output/time.ts';

interface UsesOptions extends CommonOptions {
  readonly table?: string;
  readonly object?: string;
  readonly at?: string;
  readonly date?: string;
  readonly since?: string;
  readonly until?: string;
  readonly resource?: string;
  readonly who?: string;
  readonly action?: string;
  readonly refused?: boolean;
  readonly limit: number;
  readonly all?: boolean;
}

/** The most that one page of the API holds. */
const PAGE = 500;
const MINUTE = 60_000;
const TO_REPLAY = 3;

export function registerAuditUses(audit: Command, context: CliContext): void {
  addCommand(audit, 'uses', 'List who did what to what, under which grant, and who approved it', [
    'drawbridge audit uses --table customers --at 02:15',
    'drawbridge audit uses --table public.customers --at 02:15 --date 2026-01-31',
    'drawbridge audit uses --resource build-box --object /etc/shadow --since 7d',
    'drawbridge audit uses --who alice --action sql.write --since 1d --all',
  ])
    .option('--table <name>', 'a table, as customers (in any schema) or public.customers')
    .option('--object <name>', 'a path, a program, a destination (host:port) or a table')
    .option('--at <time>', 'within this minute, like 02:15 (the last one that has been)')
    .option('--date <day>', 'the day of --at, like 2026-01-31')
    .option('--since <time>', 'from then on: 2h (ago), 02:15, 2026-01-31, "2026-01-31 02:15" or RFC 3339')
    .option('--until <time>', 'before then; written as with --since')
    .option('--resource <name>', 'in one resource')
    .option('--who <name>', 'by one person')
    .option('--action <name>', 'one action, or all of a kind: sql.read, or sql')
    .option('--refused', 'only what was refused')
    .option('--limit <count>', 'at most so many', countArgument, 50)
    .option('--all', 'all there are, however many')
    .action((options: UsesOptions) => listUses(context, options));
}

async function listUses(context: CliContext, options: UsesOptions): Promise<void> {
  if (options.table !== undefined && options.object !== undefined)
    throw context.usage('--table and --object ask for the same thing', 'Give one of them.');
  const object = options.table ?? options.object;
  const query = {
    ...timesOf(context, options),
    ...(object === undefined ? {} : { object }),
    ...(options.resource === undefined ? {} : { resource: options.resource }),
    ...(options.who === undefined ? {} : { who: options.who }),
    ...(options.action === undefined ? {} : { action: options.action }),
    ...(options.refused ? { decision: 'deny' as const } : {}),
  };
  const { api } = await context.connect(options);
  const limit = options.all ? PAGE : Math.max(1, options.limit);
  const page = await api.call('listUses', { query: { ...query, limit } });
  const found = options.all ? await restOf(api, query, page) : page;
  context.show(options, found, () => useTable(context, found));
}

/** The minute of `--at`, or what is between `--since` and `--until`. */
function timesOf(context: CliContext, options: UsesOptions): { since?: string; until?: string } {
  const { at, date, since, until } = options;
  if (at === undefined) {
    if (date !== undefined)
      throw context.usage('--date is the day of --at', 'For a whole day, use --since and --until.');
    return {
      ...(since === undefined ? {} : { since: momentArgument(context, since) }),
      ...(until === undefined ? {} : { until: momentArgument(context, until) }),
    };
  }
  if (since !== undefined || until !== undefined)
    throw context.usage('--at is one minute', 'For a longer time, use --since and --until alone.');
  const day = date === undefined ? undefined : readDay(date);
  if (date !== undefined && day === undefined)
    throw context.usage(`${JSON.stringify(date)} is no day`, 'Give it like 2026-01-31.');
  const start = readTimeOfDay(at, context.clock.now(), day);
  // With a day in it, or a zone, it is a moment as elsewhere.
  const from = start?.getTime() ?? Date.parse(momentArgument(context, at));
  const minute = from - (from % MINUTE);
  return { since: new Date(minute).toISOString(), until: new Date(minute + MINUTE).toISOString() };
}

async function restOf(
  api: Pick<ApiClient, 'call'>,
  query: object,
  first: Output<'listUses'>,
): Promise<Output<'listUses'>> {
  const uses = [...first.uses];
  for (let cursor = first.next; cursor !== undefined; ) {
    const page = await api.call('listUses', { query: { ...query, limit: PAGE, cursor } });
    uses.push(...page.uses);
    cursor = page.next;
  }
  return { uses };
}

function useTable(context: CliContext, { uses, next }: Output<'listUses'>): string[] {
  const { style } = context;
  if (uses.length === 0) return ['Nobody did that, as far as you may see.'];
  const sessions = [...new Set(uses.map(({ session }) => session))].slice(0, TO_REPLAY);
  return [
    ...table(
      [
        { title: 'WHEN' },
        { title: 'WHO', shrinkTo: 8 },
        { title: 'DID' },
        { title: 'TO', shrinkTo: 12 },
        { title: 'TIMES', align: 'right' as const },
        { title: 'UNDER', shrinkTo: 12 },
        { title: 'APPROVED BY', shrinkTo: 11 },
        { title: 'WHY', shrinkTo: 12 },
        { title: 'SESSION' },
      ],
      uses.map((use) => [
        { text: timeOf(use, context.clock.now()), paint: style.dim },
        { text: printable(use.principal.displayName), paint: style.bold },
        use.decision === 'deny'
          ? { text: `${printable(use.action)} ✗ refused`, paint: style.bad }
          : { text: printable(use.action) },
        { text: `${printable(use.resource)}${use.object === undefined ? '' : ` ${printable(use.object)}`}` },
        { text: String(use.count) },
        { text: `${shortId(use.grant)} (${use.profile})` },
        { text: approvalOf(use) },
        { text: printable(use.reason) },
        { text: shortId(use.session) },
      ]),
      { width: context.width, header: style.dim },
    ),
    '',
    ...(next === undefined ? [] : [style.dim('There are more; --all lists them.')]),
    ...sessions.map((session) => context.next(`drawbridge replay ${shortId(session)}`)),
  ];
}

/** `02:15:07–02:15:44`; one time where it was once. */
function timeOf({ firstAt, lastAt }: Use, now: number): string {
  const seconds = (timestamp: string) => String(new Date(timestamp).getSeconds()).padStart(2, '0');
  const from = `${clockTime(firstAt, now)}:${seconds(firstAt)}`;
  return Date.parse(lastAt) - Date.parse(firstAt) < 1000 ? from : `${from}–:${seconds(lastAt)}`;
}

/** Who approved the access, and, where it was held, who approved this. */
function approvalOf({ approvedBy, reviews, reviewedBy, brokenGlass }: Use): string {
  const names = (people: Use['approvedBy']) =>
    people.length === 0 ? 'nobody' : people.map((person) => printable(person.displayName)).join(', ');
  // Where no person was asked, a policy let it through.
  const access = approvedBy.length === 0 && !brokenGlass ? 'policy' : names(approvedBy);
  const all = reviews.length === 0 ? access : `${access} (access), ${names(reviewedBy)} (this)`;
  return brokenGlass ? `${all}, glass broken` : all;
}
