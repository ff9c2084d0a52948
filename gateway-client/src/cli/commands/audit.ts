import type { AuditEvent, Output } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { addCommand, countArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { momentArgument } from '../moment-argument.ts';
import { printable } from '../output/printable.ts';
import { isFullId, shortId } from '../output/short-id.ts';
import { table } from '../output/table.ts';
import { relativeTime } from '../output/time.ts';
import { registerAuditUses } from './audit-uses.ts';

interface AuditOptions extends CommonOptions {
  readonly subject?: string;
  readonly resource?: string;
  readonly who?: string;
  readonly action?: string;
  readonly since?: string;
  readonly until?: string;
  readonly before?: string;
  readonly limit: number;
  readonly all?: boolean;
}

/** The most that one page of the API holds. */
const PAGE = 500;

export function registerAudit(program: Command, context: CliContext): void {
  const audit = addCommand(program, 'audit', 'List what was changed: who, what, when, from where, why', [
    'drawbridge audit --resource orders-db --since 2h',
    'drawbridge audit --who alice --action grant --since 2026-01-01 --until 2026-02-01 --all',
    'drawbridge audit uses --table customers --at 02:15',
  ])
    .option('--subject <id-or-name>', 'of one request, grant, session or document')
    .option('--resource <name>', 'about one resource')
    .option('--who <name>', 'done by one person')
    .option('--action <name>', 'of one kind: grant.revoked, or grant for all of grants')
    .option('--since <time>', 'from then on: 2h (ago), 02:15, 2026-01-31, "2026-01-31 02:15" or RFC 3339')
    .option('--until <time>', 'before then; written as with --since')
    .option('--before <time>', 'the same as --until')
    .option('--limit <count>', 'at most so many', countArgument, 50)
    .option('--all', 'all there are, however many')
    // As the program's own.
    .enablePositionalOptions()
    .action((options: AuditOptions) => listAudit(context, options));
  registerAuditUses(audit, context);
}

async function listAudit(context: CliContext, options: AuditOptions): Promise<void> {
  const until = options.until ?? options.before;
  const query = {
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.resource === undefined ? {} : { resource: options.resource }),
    ...(options.who === undefined ? {} : { who: options.who }),
    ...(options.action === undefined ? {} : { action: options.action }),
    ...(options.since === undefined ? {} : { since: momentArgument(context, options.since) }),
    ...(until === undefined ? {} : { until: momentArgument(context, until) }),
  };
  const { api } = await context.connect(options);
  const limit = options.all ? PAGE : Math.max(1, options.limit);
  const page = await api.call('listAudit', { query: { ...query, limit } });
  const found = options.all ? await restOf(api, query, page) : page;
  context.show(options, found, () => auditTable(context, found));
}

async function restOf(
  api: Pick<ApiClient, 'call'>,
  query: object,
  first: Output<'listAudit'>,
): Promise<Output<'listAudit'>> {
  const events = [...first.events];
  for (let cursor = first.next; cursor !== undefined; ) {
    const page = await api.call('listAudit', { query: { ...query, limit: PAGE, cursor } });
    events.push(...page.events);
    cursor = page.next;
  }
  return { events };
}

function auditTable(context: CliContext, { events, next }: Output<'listAudit'>): string[] {
  const { style, clock } = context;
  if (events.length === 0) return ['Nothing was changed.'];
  return [
    ...table(
      [
        { title: 'WHEN' },
        { title: 'WHO', shrinkTo: 8 },
        { title: 'WHAT' },
        { title: 'ON', shrinkTo: 12 },
        { title: 'FROM' },
        { title: 'WHY', shrinkTo: 16 },
      ],
      events.map((event) => [
        { text: relativeTime(event.at, clock.now()), paint: style.dim },
        { text: printable(event.actor?.displayName ?? 'gateway'), paint: style.bold },
        { text: printable(event.action) },
        { text: subjectText(event) },
        { text: printable(event.address ?? ''), paint: style.dim },
        { text: printable(event.reason ?? '') },
      ]),
      { width: context.width, header: style.dim },
    ),
    ...(next === undefined ? [] : ['', style.dim('There are more; --all lists them.')]),
  ];
}

/** `orders-db grt_9f3a1c2b`; a document's name says its resource already. */
function subjectText({ subject, resource }: AuditEvent): string {
  if (!isFullId(subject)) return printable(subject);
  return resource === undefined ? shortId(subject) : `${printable(resource)} ${shortId(subject)}`;
}
