import type { Command } from 'commander';
import { addCommand, countArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { printable } from '../output/printable.ts';
import { isFullId, shortId } from '../output/short-id.ts';
import { table } from '../output/table.ts';
import { relativeTime } from '../output/time.ts';

interface AuditOptions extends CommonOptions {
  readonly subject?: string;
  readonly before?: string;
  readonly limit: number;
}

export function registerAudit(program: Command, context: CliContext): void {
  addCommand(program, 'audit', 'List what was changed: who, what, when, from where, why', [
    'drawbridge audit --limit 50',
    'drawbridge audit --subject orders-db',
  ])
    .option('--subject <id-or-name>', 'of one request, grant, session or document')
    .option('--before <time>', 'older than this (RFC 3339)')
    .option('--limit <count>', 'at most so many', countArgument, 50)
    .action((options: AuditOptions) => listAudit(context, options));
}

async function listAudit(context: CliContext, options: AuditOptions): Promise<void> {
  const before = options.before === undefined ? undefined : new Date(options.before);
  if (before !== undefined && Number.isNaN(before.getTime()))
    throw context.usage(`${JSON.stringify(options.before)} is no time`, 'Give it like 2026-01-31T14:00:00Z.');
  const { api } = await context.connect(options);
  const { events } = await api.call('listAudit', {
    query: {
      limit: Math.max(1, options.limit),
      ...(options.subject === undefined ? {} : { subject: options.subject }),
      ...(before === undefined ? {} : { before: before.toISOString() }),
    },
  });
  const { style, clock } = context;
  context.show(options, { events }, () => {
    if (events.length === 0) return ['Nothing was changed.'];
    return table(
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
        { text: isFullId(event.subject) ? shortId(event.subject) : printable(event.subject) },
        { text: printable(event.address ?? ''), paint: style.dim },
        { text: printable(event.reason ?? '') },
      ]),
      { width: context.width, header: style.dim },
    );
  });
}
