import type { CommandReview } from '@drawbridge/contract';
import type { CliContext } from '../cli-context.ts';
import { printable, printableLines } from './printable.ts';
import { shortId } from './short-id.ts';
import { requirements } from './states.ts';
import type { Style } from './style.ts';
import { type Cell, table } from './table.ts';
import { relativeTime } from './time.ts';

type Shown = Pick<CliContext, 'style' | 'clock' | 'width'>;

/** States as a symbol and a word; colour only repeats what these say. */
export function commandState({ state, brokenGlass }: CommandReview, style: Style): Cell {
  switch (state) {
    case 'pending':
      return { text: '○ pending', paint: style.warn };
    case 'approved':
      return brokenGlass
        ? { text: '! glass broken', paint: style.bad }
        : { text: '✓ approved', paint: style.good };
    case 'denied':
      return { text: '✗ denied', paint: style.bad };
    case 'expired':
    case 'withdrawn':
      return { text: `– ${state}`, paint: style.dim };
    default:
      return state satisfies never;
  }
}

/** Held commands, one a line. */
export function commandTable({ style, clock, width }: Shown, reviews: readonly CommandReview[]): string[] {
  return table(
    [
      { title: 'ID' },
      { title: 'WHO', shrinkTo: 8 },
      { title: 'WHERE', shrinkTo: 12 },
      { title: 'STATE', shrinkTo: 12 },
      { title: 'TIME' },
      { title: 'WHAT', shrinkTo: 24 },
    ],
    reviews.map((review) => [
      { text: shortId(review.id) },
      { text: printable(review.principal.displayName), paint: style.bold },
      { text: `${review.resource} (${review.profile})` },
      review.state === 'pending' && !review.reviewable
        ? { text: `○ needs ${requirements(review.needs)}`, paint: style.warn }
        : commandState(review, style),
      { text: timeOf(review, clock.now()), paint: style.dim },
      { text: printable(review.text.replace(/\s+/g, ' ').trim()) },
    ]),
    { width, header: style.dim, indent: '  ' },
  );
}

const timeOf = ({ state, expiresAt, decidedAt, createdAt }: CommandReview, now: number): string =>
  state === 'pending' ? `fails ${relativeTime(expiresAt, now)}` : relativeTime(decidedAt ?? createdAt, now);

/** One held command with all that is needed to decide. */
export function commandLines(
  { style, clock }: Pick<Shown, 'style' | 'clock'>,
  review: CommandReview,
): string[] {
  const now = clock.now();
  const state = commandState(review, style);
  const facts: [string, string][] = [
    ['why', printable(review.grantReason)],
    ...touched(review.actions).map((text, n): [string, string] => [n === 0 ? 'touches' : '', text]),
    ...(review.estimatedRows === undefined
      ? []
      : [
          [
            'rows',
            `about ${review.estimatedRows.toLocaleString('en')}, by the planner's estimate`,
          ] satisfies [string, string],
        ]),
    ...(review.hasWhere === false
      ? [['', style.warn('! It has no WHERE: every row.')] satisfies [string, string]]
      : []),
    ['needs', requirements(review.needs)],
    ['policies', review.policies.map(printable).join(', ')],
    ...(review.escalatedAt === undefined
      ? []
      : [
          ['', `further groups were asked ${relativeTime(review.escalatedAt, now)}`] satisfies [
            string,
            string,
          ],
        ]),
  ];
  return [
    `${state.paint?.(state.text) ?? state.text}  ${style.bold(printable(review.principal.displayName))} on ${review.resource} (${review.profile}), ${timeOf(review, now)}`,
    `  ${style.dim('review')}    ${review.id}`,
    ...table(
      [{ title: '' }, { title: '' }],
      facts
        .filter(([, text]) => text !== '')
        .map(([name, text]) => [{ text: name.padEnd(8), paint: style.dim }, { text }]),
      // Never cut: a terminal breaks lines that are too long for it.
      { indent: '  ' },
    ),
    '',
    ...printableLines(review.text).map((line) => `  ${line}`),
    ...(review.parameters.length === 0 ? [] : ['']),
    ...review.parameters.map(
      (value, n) => `  $${n + 1} = ${value === null ? 'null' : `'${printable(value)}'`}`,
    ),
    ...(review.truncated
      ? ['', style.warn('  ! This is not all of it: it is too long to show. An approval covers all of it.')]
      : []),
    ...(review.votes.length + (review.brokenGlass ? 1 : 0) + (review.stateReason ? 1 : 0) === 0 ? [] : ['']),
    ...review.votes.map(
      ({ reviewer, verdict, reason, createdAt }) =>
        `  ${verdict === 'approve' ? style.good('✓') : style.bad('✗')} ${printable(reviewer.displayName)} ${verdict === 'approve' ? 'approved' : 'denied'} ${relativeTime(createdAt, now)}${reason === undefined ? '' : `: ${printable(reason)}`}`,
    ),
    ...(review.brokenGlass
      ? [
          `  ${style.bad('!')} went ahead without approval ${relativeTime(review.brokenGlass.at, now)}: ${printable(review.brokenGlass.reason)}`,
          `    ${style.dim('told:')} ${review.brokenGlass.told.map(printable).join(', ')}`,
        ]
      : []),
    ...(review.stateReason && !review.votes.some(({ reason }) => reason === review.stateReason)
      ? [`  ${printable(review.stateReason)}`]
      : []),
  ];
}

/** Objects of one action that are written out: a statement can be about a thousand partitions. */
const MOST_OBJECTS = 3;

/** `sql.write public.orders, public.orders_2024 and 11 more`, one for each action. */
function touched(actions: CommandReview['actions']): string[] {
  const objects = new Map<string, string[]>();
  for (const { name, object } of actions) {
    const named = objects.get(name) ?? [];
    objects.set(name, object === undefined ? named : [...named, object]);
  }
  return [...objects].map(([name, all]) => {
    const shown = all.slice(0, MOST_OBJECTS).map(printable).join(', ');
    const more = all.length > MOST_OBJECTS ? ` and ${all.length - MOST_OBJECTS} more` : '';
    return `${name} ${shown}${more}`.trimEnd();
  });
}
