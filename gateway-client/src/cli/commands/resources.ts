import type { ProfileAccess, Resource } from '@drawbridge/contract';
import { formatDuration } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { printable } from '../output/printable.ts';
import { grantTime, requirements } from '../output/states.ts';
import { type Cell, table } from '../output/table.ts';

export function registerResources(program: Command, context: CliContext): void {
  addCommand(program, 'resources [name]', 'List what you may reach, and how', [
    'drawbridge resources',
    'drawbridge resources orders-db',
    'drawbridge resources --json',
  ])
    .alias('ls')
    .action(async (name: string | undefined, options: CommonOptions) => {
      const { api } = await context.connect(options);
      if (name !== undefined) {
        const resource = await api.call('getResource', { params: { name } });
        context.show(options, resource, () => describeResource(context, resource));
        return;
      }
      const { resources } = await api.call('listResources');
      context.show(options, { resources }, () => listResources(context, resources));
    });
}

function listResources(context: CliContext, resources: readonly Resource[]): string[] {
  if (resources.length === 0)
    return [
      'There is nothing here that you may ask for. Whoever runs the gateway can give you access by policy.',
    ];
  const rows = resources.flatMap((resource) =>
    resource.profiles.map((profile, i): Cell[] => [
      { text: i === 0 ? resource.name : '', paint: context.style.bold },
      { text: profile.name },
      profileState(context, resource, profile),
      { text: i === 0 ? labels(resource) : '', paint: context.style.dim },
    ]),
  );
  return [
    ...table(
      [
        { title: 'RESOURCE' },
        { title: 'PROFILE' },
        { title: 'ACCESS', shrinkTo: 24 },
        { title: 'LABELS', shrinkTo: 10 },
      ],
      rows,
      { width: context.width, header: context.style.dim },
    ),
    '',
    nextStep(context, resources),
  ];
}

const labels = (resource: Resource): string =>
  Object.entries(resource.labels)
    .map(([key, value]) => printable(`${key}=${value}`))
    .join(' ');

function profileState(context: CliContext, resource: Resource, profile: ProfileAccess): Cell {
  const { style, clock } = context;
  if (resource.grant?.profile === profile.name) {
    return {
      text: `${resource.grant.state === 'active' ? '● active' : '✓ approved'}, ${grantTime(resource.grant, clock.now())}`,
      paint: style.good,
    };
  }
  if (resource.pending?.profile === profile.name)
    return {
      text: `○ waiting for ${requirements(resource.pending.needs) || 'an approval'}`,
      paint: style.warn,
    };
  switch (profile.access) {
    case 'open':
      return { text: `○ yours when you ask, up to ${formatDuration(profile.maxDuration)}` };
    case 'review':
      return {
        text: `○ needs ${requirements(profile.needs) || 'an approval'}, up to ${formatDuration(profile.maxDuration)}`,
      };
    case 'denied':
      return {
        text: `✗ not for you${profile.explanation === undefined ? '' : `: ${printable(profile.explanation)}`}`,
        paint: style.dim,
      };
    default:
      return profile.access satisfies never;
  }
}

function nextStep(context: CliContext, resources: readonly Resource[]): string {
  const usable = resources.find(({ grant }) => grant !== undefined);
  if (usable)
    return context.next(`drawbridge ${usable.protocol === 'ssh' ? 'ssh' : 'connect'} ${usable.name}`);
  for (const resource of resources) {
    const profile = resource.profiles.find(({ access }) => access !== 'denied');
    if (profile && !resource.pending) return context.next(requestCommand(resource.name, profile));
  }
  return context.next('drawbridge requests');
}

/** The command that asks for a profile, with a time its limit allows. */
export function requestCommand(
  resource: string,
  profile?: Pick<ProfileAccess, 'name' | 'maxDuration'>,
): string {
  const time = Math.min(1800, profile?.maxDuration ?? 1800);
  return `drawbridge request ${resource} --profile ${profile?.name ?? 'read'} --for ${formatDuration(time)} --reason "why you need it"`;
}

function describeResource(context: CliContext, resource: Resource): string[] {
  const { style } = context;
  const lines = [`${style.bold(resource.name)}  ${style.dim(`${resource.protocol}  ${labels(resource)}`)}`];
  if (resource.description !== undefined) lines.push(printable(resource.description));
  lines.push('');
  lines.push(
    ...table(
      [{ title: 'PROFILE' }, { title: 'ACCESS', shrinkTo: 24 }, { title: 'ALLOWS', shrinkTo: 12 }],
      resource.profiles.map((profile) => [
        { text: profile.name, paint: style.bold },
        profileState(context, resource, profile),
        { text: profile.allow.map(printable).join(' '), paint: style.dim },
      ]),
      { width: context.width, header: style.dim, indent: '  ' },
    ),
  );
  if (resource.maskedColumns.length > 0) {
    lines.push('', '  Masked columns');
    lines.push(
      ...table(
        [{ title: '' }, { title: '' }, { title: '' }],
        resource.maskedColumns.map(({ column, mask, rule }) => [
          { text: printable(column), paint: style.masked },
          { text: mask },
          { text: `rule ${rule}`, paint: style.dim },
        ]),
        { indent: '    ' },
      ),
    );
  }
  if (resource.maskedText.length > 0) {
    lines.push('', '  Masked in what is shown');
    lines.push(
      ...table(
        [{ title: '' }, { title: '' }, { title: '' }],
        resource.maskedText.map(({ detect, mask, rule }) => [
          { text: printable(detect), paint: style.masked },
          { text: mask },
          { text: `rule ${rule}`, paint: style.dim },
        ]),
        { indent: '    ' },
      ),
    );
  }
  return [...lines, '', nextStep(context, [resource])];
}
