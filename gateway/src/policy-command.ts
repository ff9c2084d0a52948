import { readFile } from 'node:fs/promises';
import { Document, type PolicyDocument } from '@drawbridge/contract';
import { isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { compilePolicies } from './policy/policy-set.ts';

interface Written {
  readonly policy: PolicyDocument;
  /** `file:line:column` of a place in its Cedar text. */
  readonly locate: (line: number, column: number) => string;
}

/**
 * Checks the policies in YAML files as `apply` would, without a gateway: for a pipeline, or before the first start.
 * What depends on what is applied already (names of resources, whether somebody could still apply) is not looked at.
 * @returns problems as `file:line:column: message`, and how many policies there are.
 * @throws Error where a file can't be read.
 */
export async function validatePolicyFiles(
  files: readonly string[],
): Promise<{ readonly problems: readonly string[]; readonly policies: number }> {
  const problems: string[] = [];
  const written: Written[] = [];
  for (const file of files) written.push(...readPolicies(file, await readFile(file, 'utf8'), problems));
  const names = new Map<string, Written>();
  for (const each of written) {
    if (names.has(each.policy.name))
      problems.push(`${each.locate(1, 1)}: Policy/${each.policy.name} is there twice`);
    else names.set(each.policy.name, each);
  }
  const compiled = compilePolicies([...names.values()].map(({ policy }) => policy));
  if (!compiled.ok)
    for (const { document, line, column, message } of compiled.problems)
      problems.push(`${names.get(document)?.locate(line, column) ?? document}: ${message}`);
  return { problems, policies: compiled.ok ? compiled.set.size : 0 };
}

/** The policies of one file; documents of other kinds are passed over. */
function readPolicies(file: string, text: string, problems: string[]): Written[] {
  const counter = new LineCounter();
  const lines = text.split('\n');
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false });
  if ('empty' in documents) return [];
  return documents.flatMap((yaml): Written[] => {
    const at = (offset: number) => {
      const { line, col } = counter.linePos(offset);
      return `${file}:${line}:${col}`;
    };
    problems.push(...yaml.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
    const value: unknown = yaml.errors.length > 0 ? undefined : yaml.toJS();
    if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'Policy')
      return [];
    const parsed = Document.safeParse(value);
    const start = at(yaml.contents?.range?.[0] ?? 0);
    if (!parsed.success) {
      const issues = parsed.error.issues.map(
        ({ path, message }) => `${start}: ${path.join('.')}: ${message}`,
      );
      problems.push(...issues);
      return [];
    }
    const { data } = parsed;
    if (data.kind !== 'Policy') return [];
    const node = yaml.getIn(['cedar'], true);
    const begins = isScalar(node) ? counter.linePos(node.range?.[0] ?? 0).line : 1;
    const isBlock = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
    return [
      {
        policy: data,
        locate(line, column) {
          const inFile = begins + line - (isBlock ? 0 : 1);
          // The text of a block stands indented.
          const indent = lines[inFile - 1]?.indexOf(data.cedar.split('\n')[line - 1] ?? '') ?? 0;
          return `${file}:${inFile}:${column + Math.max(0, indent)}`;
        },
      },
    ];
  });
}
