import type { PolicyAnswer, PolicyStep, PolicyVerdict } from '@drawbridge/contract';
import type { CliContext } from '../cli-context.ts';
import { nameList } from './name-list.ts';
import { printable } from './printable.ts';
import { requirements } from './states.ts';
import type { Cell } from './table.ts';

const marks = { allow: '✓', needs: '○', deny: '✗' } as const;

/** A verdict as a symbol and a word; colour only repeats what these say. */
export function verdictCell(
  { style }: Pick<CliContext, 'style'>,
  verdict: PolicyVerdict,
  word: string,
): Cell {
  const paint = { allow: style.good, needs: style.warn, deny: style.bad } as const;
  return { text: `${marks[verdict]} ${word}`, paint: paint[verdict] };
}

/** What policy says to one question: the answer first, then what it is made of. */
export function policyAnswerLines(context: CliContext, answer: PolicyAnswer): string[] {
  const { style } = context;
  const { principal, resource, profile, verdict } = answer;
  const words = { allow: 'allow', deny: 'deny', needs: 'needs more' } as const;
  const cell = verdictCell(context, verdict, words[verdict]);
  const who = `${printable(principal.name)} ${style.dim(`(${nameList(principal.groups, 'in no group')})`)}`;
  return [
    `${cell.paint?.(cell.text) ?? cell.text}: ${who}, ${style.bold(resource)}, profile ${profile}`,
    ...answer.steps.flatMap((step) => policyStepLines(context, step)),
  ];
}

/** One action: what is said to it, why, and which policies said so. */
export function policyStepLines(
  context: CliContext,
  step: PolicyStep,
  title: string = step.action,
): string[] {
  const { style } = context;
  const object = step.object === undefined ? '' : ` ${printable(step.object)}`;
  const { text, paint } = verdictCell(context, step.verdict, `${title}${object}`);
  return [
    `  ${paint?.(text) ?? text}`,
    `      ${printable(step.reason)}`,
    ...(step.needs.length === 0 ? [] : [`      ${style.dim('lifted by')} ${requirements(step.needs)}`]),
    ...step.policies.map(({ id, effect }) => `      ${style.dim(`${effect} ${printable(id)}`)}`),
  ];
}
