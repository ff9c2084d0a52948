import { text as readText } from 'node:stream/consumers';
import { type DocumentChange, DocumentKind } from '@drawbridge/contract';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { addCommand } from '../add-command.ts';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { loadDocuments, relocate } from '../document-files.ts';
import { printable, printableLines } from '../output/printable.ts';

interface ApplyOptions extends CommonOptions {
  readonly file: string[];
  readonly dryRun?: boolean;
}

export function registerDocuments(program: Command, context: CliContext): void {
  addCommand(program, 'apply', 'Apply resources, data rules and policies: all or nothing', [
    'drawbridge apply -f resources.yaml -f policies.yaml --dry-run',
    'drawbridge apply -f resources.yaml',
    'cat *.yaml | drawbridge apply -f -',
  ])
    .requiredOption('-f, --file <file...>', 'YAML, any number of documents; - is stdin')
    .option('--dry-run', 'show what would change, change nothing')
    .action((options: ApplyOptions) => apply(context, options));

  addCommand(program, 'get [kind] [name]', 'Print documents as they were applied, without secrets', [
    'drawbridge get',
    'drawbridge get resources',
    'drawbridge get policy engineering-reads-prod',
  ]).action((kind: string | undefined, name: string | undefined, options: CommonOptions) =>
    get(context, kind, name, options),
  );

  addCommand(program, 'delete <kind> <name>', 'Remove a document; a removed resource ends its sessions', [
    'drawbridge delete resource orders-db',
  ]).action(async (kind: string, name: string, options: CommonOptions) => {
    const { api } = await context.connect(options);
    const removed = await api.call('removeDocument', { params: { kind: documentKind(context, kind), name } });
    context.show(options, removed, () => describeChanges(context, removed.changes));
  });
}

async function apply(context: CliContext, options: ApplyOptions): Promise<void> {
  const documents = await loadDocuments(options.file, {
    env: context.env,
    readStdin: () => readText(context.stdin),
  });
  const { api } = await context.connect(options);
  const result = await api
    .call('apply', {
      body: { documents: documents.map(({ value }) => value), dryRun: options.dryRun ?? false },
    })
    .catch((error: unknown) => {
      throw relocate(error, documents);
    });
  context.show(options, result, () => {
    const changed = result.changes.filter(({ action }) => action !== 'unchanged').length;
    const summary =
      changed === 0
        ? 'Nothing to change.'
        : `${changed} document${changed === 1 ? '' : 's'} ${result.applied ? 'changed' : 'would change'}.`;
    return [
      ...describeChanges(context, result.changes),
      ...result.warnings.map((warning) => context.style.warn(`! ${printable(warning)}`)),
      '',
      result.applied || changed === 0 ? summary : `${summary} Nothing was applied.`,
    ];
  });
}

const marks = { created: '+', updated: '~', unchanged: '=', removed: '-' } as const;

function describeChanges(context: CliContext, changes: readonly DocumentChange[]): string[] {
  const { style } = context;
  const paint = {
    created: style.good,
    updated: style.warn,
    unchanged: style.dim,
    removed: style.bad,
  } as const;
  return changes.flatMap(({ kind, name, action, changes: values }) => [
    paint[action](`${marks[action]} ${kind} ${name} ${action}`),
    ...values.flatMap(({ path, before, after }) => describeValue(context, printable(path), before, after)),
  ]);
}

function describeValue(
  { style }: CliContext,
  path: string,
  before: string | undefined,
  after: string | undefined,
): string[] {
  const short = [before, after].every(
    (value) => value === undefined || (!value.includes('\n') && value.length <= 60),
  );
  if (short) {
    const from = before === undefined ? '' : style.bad(printable(before));
    const to = after === undefined ? '' : style.good(printable(after));
    return [`    ${path}: ${from}${before !== undefined && after !== undefined ? ' → ' : ''}${to}`];
  }
  const block = (value: string | undefined, mark: string, paint: (text: string) => string) =>
    value === undefined
      ? []
      : printableLines(value.trimEnd()).map((line) => `      ${paint(`${mark} ${line}`)}`);
  return [`    ${path}:`, ...block(before, '-', style.bad), ...block(after, '+', style.good)];
}

async function get(
  context: CliContext,
  kind: string | undefined,
  name: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const { api } = await context.connect(options);
  const listed = await api.call('listDocuments', {
    query: kind === undefined ? {} : { kind: documentKind(context, kind) },
  });
  const documents =
    name === undefined ? listed.documents : listed.documents.filter((document) => document.name === name);
  if (name !== undefined && documents.length === 0)
    throw context.usage(`there is no ${kind ?? 'document'} ${name}`, `drawbridge get ${kind ?? ''}`);
  context.show(options, { documents }, () => {
    if (documents.length === 0)
      return [
        kind === undefined ? 'Nothing is applied yet.' : `There is no ${kind} yet.`,
        context.next('drawbridge apply -f resources.yaml'),
      ];
    return documents.flatMap((document, i) => [
      ...(i === 0 ? [] : ['---']),
      ...printableLines(stringify(document, { lineWidth: 0, blockQuote: 'literal' }).trimEnd()),
    ]);
  });
}

/** `resource`, `resources`, `Resource`, `data-rules`, … */
function documentKind(context: CliContext, text: string): DocumentKind {
  const wanted = text.toLowerCase().replaceAll('-', '').replace(/ies$/, 'y').replace(/s$/, '');
  const kind = DocumentKind.options.find((option) => option.toLowerCase() === wanted);
  if (kind === undefined)
    throw context.usage(
      `${JSON.stringify(text)} is no kind of document`,
      `There are: ${DocumentKind.options.join(', ')}`,
    );
  return kind;
}
