import { ActionName, type PolicyView } from '@drawbridge/contract';
import { type Command, InvalidArgumentError } from 'commander';
import { addCommand, durationArgument } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { nameList } from '../output/name-list.ts';
import { policyAnswerLines, policyStepLines, verdictCell } from '../output/policy-steps.ts';
import { printable, printableLines } from '../output/printable.ts';
import { requirements } from '../output/states.ts';
import { table } from '../output/table.ts';
import { type ValidateOptions, validatePolicies } from './policy-validate.ts';

interface TestOptions extends CommonOptions {
  readonly resource: string;
  readonly as?: string;
  readonly groups?: string[];
  readonly profile?: string;
  readonly for?: number;
  readonly reason?: string;
  readonly approved?: boolean;
  readonly ip?: string;
  readonly at?: string;
  readonly sql?: string;
  readonly command?: string;
  readonly action?: ActionName;
  readonly object?: string;
  readonly expect?: 'allow' | 'deny' | 'needs';
}

export function registerPolicy(program: Command, context: CliContext): void {
  const policy = program
    .command('policy')
    .description('Ask policy ahead, check policies before they are applied, read those that are')
    .addHelpText(
      'after',
      '\nExamples:\n  $ drawbridge policy test --resource orders-db --sql "delete from orders"',
    );

  addCommand(policy, 'test', 'What policy would say, and why', [
    'drawbridge policy test --as alice --resource orders-db --profile read',
    'drawbridge policy test --as alice --resource orders-db --profile write --sql "delete from orders"',
    'drawbridge policy test --groups engineering --resource build-box --profile shell --command "rm -rf /srv" --expect deny',
  ])
    .requiredOption('--resource <name>', 'what it is about')
    .option('--as <name>', 'login name of somebody else; needs admin.read')
    .option(
      '--groups <names>',
      'as if they were in these groups, and no others: a,b; needs admin.read',
      listArgument,
    )
    .option('-p, --profile <name>', 'which one, where the resource has several')
    .option('--for <duration>', 'how long access is asked for: 30m, 1h', durationArgument)
    .option('-r, --reason <text>', 'why it is asked for')
    .option('--approved', 'as if people had approved')
    .option('--ip <address>', 'as if from there')
    .option('--at <time>', 'as if then (RFC 3339)')
    .option('--sql <statement>', 'what a statement would be told')
    .option('--command <text>', 'what a command would be told')
    .option('--action <name>', 'what one action would be told, like sql.read', actionArgument)
    .option('--object <name>', 'of --action: a table or column, like public.orders')
    .option('--expect <verdict>', 'exit 1 where it is not this: allow, deny or needs', verdictArgument)
    .action((options: TestOptions) => test(context, options));

  addCommand(policy, 'explain', 'What somebody could do with a resource, and why', [
    'drawbridge policy explain --as alice --resource orders-db',
  ])
    .requiredOption('--resource <name>', 'what it is about')
    .option('--as <name>', 'login name of somebody else; needs admin.read')
    .action((options: ExplainOptions) => explain(context, options));

  addCommand(policy, 'list', 'List policies as they are applied', [
    'drawbridge policy list',
    'drawbridge policy list --resource orders-db',
  ])
    .option('--resource <name>', 'only those that can have a say about it')
    .action((options: CommonOptions & { readonly resource?: string }) => list(context, options));

  addCommand(policy, 'validate', 'Check policies as apply would, and change nothing', [
    'drawbridge policy validate -f policies.yaml',
  ])
    .requiredOption('-f, --file <file...>', 'YAML, any number of documents; - is stdin')
    .action((options: ValidateOptions) => validatePolicies(context, options));
}

async function test(context: CliContext, options: TestOptions): Promise<void> {
  const at = options.at === undefined ? undefined : new Date(options.at);
  if (at !== undefined && Number.isNaN(at.getTime()))
    throw context.usage(`${JSON.stringify(options.at)} is no time`, 'Give it like 2026-01-31T14:00:00Z.');
  const { as, groups, resource, profile, ip, sql, command, action, object } = options;
  const { api } = await context.connect(options);
  const answer = await api.call('testPolicy', {
    body: {
      resource,
      reason: options.reason ?? '',
      approved: options.approved ?? false,
      ...(as === undefined ? {} : { as }),
      ...(groups === undefined ? {} : { groups }),
      ...(profile === undefined ? {} : { profile }),
      ...(options.for === undefined ? {} : { duration: options.for }),
      ...(ip === undefined ? {} : { ip }),
      ...(at === undefined ? {} : { at: at.toISOString() }),
      ...(sql === undefined ? {} : { sql }),
      ...(command === undefined ? {} : { command }),
      ...(action === undefined ? {} : { action }),
      ...(object === undefined ? {} : { object }),
    },
  });
  context.show(options, answer, () => policyAnswerLines(context, answer));
  if (options.expect !== undefined && options.expect !== answer.verdict) {
    context.note(`Expected ${options.expect}, and it is ${answer.verdict}.`);
    context.exitStatus = 1;
  }
}

interface ExplainOptions extends CommonOptions {
  readonly resource: string;
  readonly as?: string;
}

async function explain(context: CliContext, options: ExplainOptions): Promise<void> {
  const { api } = await context.connect(options);
  const { resource, as } = options;
  const answer = await api.call('explainAccess', {
    query: { resource, ...(as === undefined ? {} : { as }) },
  });
  const { style } = context;
  context.show(options, answer, () => {
    const { name, groups } = answer.principal;
    return [
      `${style.bold(printable(name))} ${style.dim(`(${nameList(groups, 'in no group')})`)} and ${style.bold(answer.resource)}`,
      ...answer.profiles.flatMap((profile) => [
        '',
        `Profile ${style.bold(profile.name)}`,
        ...policyStepLines(context, { ...profile.access, action: 'access.request' }, 'access'),
        ...profile.actions.flatMap((step) => policyStepLines(context, step)),
      ]),
    ];
  });
}

async function list(
  context: CliContext,
  options: CommonOptions & { readonly resource?: string },
): Promise<void> {
  const { api } = await context.connect(options);
  const { policies } = await api.call('listPolicies', {
    query: options.resource === undefined ? {} : { resource: options.resource },
  });
  context.show(options, { policies }, () => {
    if (policies.length === 0)
      return [
        options.resource === undefined
          ? 'No policy is applied, so nothing is allowed.'
          : `No policy has a say about ${options.resource}, so nothing is allowed there.`,
      ];
    if (options.resource !== undefined) return policies.flatMap((policy) => whole(context, policy));
    return table(
      [
        { title: 'POLICY', shrinkTo: 16 },
        { title: 'EFFECT' },
        { title: 'ABOUT', shrinkTo: 12 },
        { title: 'ON', shrinkTo: 12 },
        { title: 'LIFTED BY', shrinkTo: 10 },
        { title: 'WHAT IT IS FOR', shrinkTo: 16 },
      ],
      policies.map((policy) => [
        { text: policy.id, paint: context.style.bold },
        verdictCell(context, policy.effect === 'permit' ? 'allow' : 'deny', policy.effect),
        { text: actionList(policy) },
        { text: policy.resources === undefined ? 'the gateway' : nameList(policy.resources, 'nothing yet') },
        { text: requirements(policy.requirements) },
        { text: printable(policy.description ?? policy.message ?? ''), paint: context.style.dim },
      ]),
      { width: context.width, header: context.style.dim },
    );
  });
}

function whole({ style }: CliContext, policy: PolicyView): string[] {
  const description = policy.description ?? policy.message;
  return [
    `${style.bold(policy.id)}${description === undefined ? '' : style.dim(`  ${printable(description)}`)}`,
    ...printableLines(policy.cedar.trim()).map((line) => `    ${line}`),
    '',
  ];
}

/** `sql.*` where it is about all of them. */
function actionList({ actions }: PolicyView): string {
  const kinds = new Set(actions.map((action) => action.split('.')[0] ?? ''));
  const all = [...kinds].every((kind) => isWhole(kind, actions));
  if (all && kinds.size === new Set(ActionName.options.map((name) => name.split('.')[0])).size)
    return 'everything';
  return nameList(
    [...kinds].flatMap((kind) =>
      isWhole(kind, actions) ? [`${kind}.*`] : actions.filter((action) => action.startsWith(`${kind}.`)),
    ),
    'nothing',
  );
}

const isWhole = (kind: string, actions: readonly string[]): boolean =>
  ActionName.options.filter((name) => name.startsWith(`${kind}.`)).every((name) => actions.includes(name));

function listArgument(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function actionArgument(text: string): ActionName {
  const action = ActionName.safeParse(text);
  if (!action.success) throw new InvalidArgumentError(`It must be one of ${ActionName.options.join(', ')}.`);
  return action.data;
}

function verdictArgument(text: string): string {
  if (!['allow', 'deny', 'needs'].includes(text))
    throw new InvalidArgumentError('It must be allow, deny or needs.');
  return text;
}
