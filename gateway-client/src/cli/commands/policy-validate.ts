import { text as readText } from 'node:stream/consumers';
import type { CliContext, CommonOptions } from '../cli-context.ts';
import { type FileDocument, loadDocuments } from '../document-files.ts';
import { printable } from '../output/printable.ts';

export interface ValidateOptions extends CommonOptions {
  readonly file: string[];
}

/** Problems go to standard output as `file:line:column: message`, which editors jump to. Exit 1 where there is one. */
export async function validatePolicies(context: CliContext, options: ValidateOptions): Promise<void> {
  const documents = await loadDocuments(options.file, {
    env: context.env,
    readStdin: () => readText(context.stdin),
    withoutSecrets: true,
  });
  const policies = documents.filter(({ value }) => value.kind === 'Policy');
  if (policies.length === 0)
    throw context.usage(
      `there is no policy in ${options.file.join(', ')}`,
      'A policy is a document of kind: Policy.',
    );
  const { api } = await context.connect(options);
  const found = await api.call('validatePolicies', {
    body: { documents: policies.map(({ value }) => value) },
  });
  const problems = found.problems.map((problem) => ({ ...problem, at: placeOf(problem, policies) }));
  const { style } = context;
  context.show(options, { ...found, problems }, () => [
    ...problems.map(({ at, message }) => `${style.bold(printable(at))}: ${style.bad(printable(message))}`),
    ...found.warnings.map((warning) => style.warn(`! ${printable(warning)}`)),
    ...(problems.length === 0
      ? [
          `${style.good('✓')} ${found.policies} ${found.policies === 1 ? 'policy' : 'policies'}, nothing wrong.`,
        ]
      : []),
  ]);
  if (problems.length > 0) context.exitStatus = 1;
}

function placeOf(
  { document, line, column }: { document: string; line: number; column: number },
  documents: readonly FileDocument[],
): string {
  const found = documents.find(({ value }) => value.name === document);
  return found?.locate(['cedar'], line, column) ?? document;
}
