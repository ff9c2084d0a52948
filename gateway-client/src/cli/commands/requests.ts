import { type AccessRequest, formatDuration } from '@drawbridge/contract';
import type { Command } from 'commander';
import { addCommand, durationArgument } from '../add-command.ts';
import { type AskOptions, askForAccess, grantedSeconds } from '../ask-for-access.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { findRequestId } from '../find-by-id.ts';
import { askedFor, narrowedTo } from '../output/asked-for.ts';
import { printable } from '../output/printable.ts';
import { shortId } from '../output/short-id.ts';
import { requestState, requirements } from '../output/states.ts';
import { table } from '../output/table.ts';
import { relativeTime } from '../output/time.ts';

export function registerRequests(program: Command, context: CliContext): void {
  addCommand(program, 'request <resource...>', 'Ask for access, to one or several resources at once', [
    'drawbridge request orders-db --profile read --for 30m --reason "INC-4821: duplicate orders" --wait',
    'drawbridge request orders-db:read build-box:shell --for 30m --tables public.orders --reason "INC-4821"',
  ])
    .option('-p, --profile <name>', 'how to use each resource that is not written as name:profile')
    .requiredOption('--for <duration>', 'how long, from first use: 30m, 1h', durationArgument)
    .requiredOption('-r, --reason <text>', 'why, for the reviewers and the record')
    .option('--tables <names>', 'no more than these tables: public.orders,sales.*', listArgument)
    .option('--commands <names>', 'no more than these commands, and no shell: uptime,df', listArgument)
    .option('--wait', 'wait until it is decided')
    .option('--break-glass', 'go ahead without approval, where policy offers that; others are told at once')
    .action((names: string[], options: RequestOptions) => request(context, names, options));

  addCommand(program, 'requests', 'List requests: your own, and those that wait for you', [
    'drawbridge requests',
    'drawbridge requests --all',
  ])
    .option('--all', 'decided ones too')
    .action((options: ListOptions) => listRequests(context, options));

  addCommand(program, 'cancel <request>', 'Withdraw a request of yours', [
    'drawbridge cancel req_9f3a1c2b',
  ]).action(async (text: string, options: CommonOptions) => {
    const { api } = await context.connect(options);
    const cancelled = await api.call('cancelRequest', { params: { id: await findRequestId(api, text) } });
    context.show(options, cancelled, () => [
      `– Request ${shortId(cancelled.id)} for ${askedFor(cancelled)} is cancelled.`,
    ]);
  });
}

interface RequestOptions extends AskOptions {
  readonly profile?: string;
  readonly tables?: string[];
  readonly commands?: string[];
}

async function request(
  context: CliContext,
  names: readonly string[],
  options: RequestOptions,
): Promise<void> {
  const [first, ...also] = names.map((name) => wanted(context, name, options.profile));
  if (!first) throw context.usage('a resource is needed', 'drawbridge resources');
  const scope = {
    ...(options.tables && { tables: options.tables }),
    ...(options.commands && { commands: options.commands }),
  };
  const { api } = await context.connect(options);
  const wish = {
    ...first,
    ...(also.length > 0 && { also }),
    ...(Object.keys(scope).length > 0 && { scope }),
  };
  await askForAccess(context, api, options, wish, async (asked) => [
    `${context.style.good('✓')} You have ${askedFor(asked)}${narrowedTo(asked.scope)} for ${formatDuration(grantedSeconds(asked))}; the time ${asked.targets.length > 1 ? 'of each ' : ''}starts when you first connect.`,
    context.next(
      `drawbridge ${asked.protocol === 'ssh' ? 'ssh' : 'connect'} ${asked.resource} --profile ${asked.profile}`,
    ),
  ]);
}

/** `orders-db:read`, or `orders-db` with `--profile read`. */
function wanted(context: CliContext, name: string, common: string | undefined) {
  const at = name.indexOf(':');
  const resource = at < 0 ? name : name.slice(0, at);
  const profile = at < 0 ? common : name.slice(at + 1);
  if (profile === undefined || profile === '' || resource === '')
    throw context.usage(
      `how to use ${resource || 'it'} is missing: its profile`,
      `drawbridge request ${resource || 'orders-db'}:read …, or --profile read for all of them`,
    );
  return { resource, profile };
}

/** `a,b` and again `c`: all of them. */
const listArgument = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
];

interface ListOptions extends CommonOptions {
  readonly all?: boolean;
}

async function listRequests(context: CliContext, options: ListOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { requests } = await api.call('listRequests', { query: options.all ? {} : { state: 'pending' } });
  context.show(options, { requests }, () => {
    const waiting = requests.filter(({ reviewable }) => reviewable);
    const rest = requests.filter(({ reviewable }) => !reviewable);
    const first = waiting[0];
    return [
      ...(first === undefined
        ? ['No requests wait for you.']
        : [
            context.style.bold('These wait for you'),
            ...requestTable(context, waiting),
            '',
            context.next(`drawbridge approve ${shortId(first.id)}`),
          ]),
      ...(rest.length === 0
        ? []
        : [
            '',
            context.style.bold(options.all ? 'Others' : 'Waiting for others'),
            ...requestTable(context, rest),
          ]),
    ];
  });
}

/** A request as one cell: what it is for, how narrow, and whether it went ahead without approval. */
const whatOf = (asked: AccessRequest): string =>
  `${askedFor(asked)}${narrowedTo(asked.scope)}${asked.brokenGlass ? ', glass broken' : ''}`;

/** Requests, one a line. */
export function requestTable(context: CliContext, requests: readonly AccessRequest[]): string[] {
  const { style, clock } = context;
  return table(
    [
      { title: 'ID' },
      { title: 'WHO', shrinkTo: 8 },
      { title: 'WHAT', shrinkTo: 16 },
      { title: 'FOR' },
      { title: 'STATE', shrinkTo: 12 },
      { title: 'ASKED' },
      { title: 'REASON', shrinkTo: 12 },
    ],
    requests.map((asked) => [
      { text: shortId(asked.id) },
      { text: printable(asked.principal.displayName), paint: style.bold },
      { text: whatOf(asked) },
      { text: `${asked.extends === undefined ? '' : '+'}${formatDuration(asked.duration)}` },
      asked.state === 'pending' && !asked.reviewable && asked.needs.length > 0
        ? { text: `○ needs ${requirements(asked.needs)}`, paint: style.warn }
        : requestState(asked, style),
      { text: relativeTime(asked.createdAt, clock.now()), paint: style.dim },
      { text: printable(asked.reason) },
    ]),
    { width: context.width, header: style.dim, indent: '  ' },
  );
}
