import { formatDuration, type Grant } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findGrantId } from '../find-by-id.ts';
import { narrowedTo } from '../output/asked-for.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { grantState, grantTime } from '../output/states.ts';
import { table } from '../output/table.ts';

interface GrantsOptions extends CommonOptions {
  readonly all?: boolean;
  readonly everybody?: boolean;
}

interface RevokeOptions extends CommonOptions {
  readonly reason?: string;
}

export function registerGrants(program: Command, context: CliContext): void {
  addCommand(program, 'grants', 'List your access', [
    'drawbridge grants',
    'drawbridge grants --everybody --all',
  ])
    .option('--all', 'ended ones too')
    .option('--everybody', "other people's as well, where you may revoke them")
    .action((options: GrantsOptions) => listGrants(context, options));

  addCommand(
    program,
    'revoke <grant>',
    'End a grant and its live sessions: your own, or that of somebody you may review',
    ['drawbridge revoke grt_9f3a1c2b --reason "work is done"', 'drawbridge revoke orders-db'],
  )
    .option('-r, --reason <text>', 'why; the person and the record get it')
    .action((text: string, options: RevokeOptions) => revoke(context, text, options));
}

async function listGrants(context: CliContext, options: GrantsOptions): Promise<void> {
  const { api } = await context.connect(options);
  const everything = await api.call('listGrants', { query: { scope: options.everybody ? 'all' : 'own' } });
  const grants = options.all
    ? everything.grants
    : everything.grants.filter(({ state }) => state === 'approved' || state === 'active');
  const { style, clock } = context;
  context.show(options, { grants }, () => {
    if (grants.length === 0)
      return [
        options.everybody ? 'Nobody has access now.' : 'You have no access now.',
        context.next('drawbridge resources'),
      ];
    const lines = table(
      [
        { title: 'ID' },
        ...(options.everybody ? [{ title: 'WHO', shrinkTo: 8 }] : []),
        { title: 'WHAT', shrinkTo: 14 },
        { title: 'STATE' },
        { title: 'TIME' },
        { title: 'FOR' },
        { title: 'APPROVED BY', shrinkTo: 10 },
        { title: 'REASON', shrinkTo: 16 },
      ],
      grants.map((grant) => [
        { text: shortId(grant.id) },
        ...(options.everybody ? [{ text: printable(grant.principal.displayName), paint: style.bold }] : []),
        { text: `${grant.resource} (${grant.profile})${narrowedTo(grant.scope)}` },
        grantState(grant, style),
        { text: grantTime(grant, clock.now()) },
        { text: formatDuration(grant.duration) },
        { text: approvedBy(grant) },
        { text: printable(grant.reason) },
      ]),
      { width: context.width, header: style.dim },
    );
    const usable = grants.find(({ state }) => state === 'approved' || state === 'active');
    return usable && !options.everybody
      ? [...lines, '', context.next(`drawbridge connect ${usable.resource} --profile ${usable.profile}`)]
      : lines;
  });
}

/** Those who approved; `nobody: glass broken` is what reviewers look for. */
function approvedBy({ approvedBy: people, brokenGlass }: Grant): string {
  const names = people.map(({ displayName }) => printable(displayName)).join(', ');
  if (brokenGlass) return names === '' ? 'nobody: glass broken' : `${names}; glass broken`;
  return names || 'policy';
}

async function revoke(context: CliContext, text: string, options: RevokeOptions): Promise<void> {
  const { api } = await context.connect(options);
  const id = await findGrantId(api, text);
  const grant = await api.call('revokeGrant', {
    params: { id },
    body: options.reason === undefined ? {} : { reason: options.reason },
  });
  context.show(options, grant, () => [
    `${context.style.bad('✗')} ${printable(grant.principal.displayName)}'s access to ${grant.resource} (${grant.profile}) is ${grant.state}; its live sessions end now.`,
  ]);
}
