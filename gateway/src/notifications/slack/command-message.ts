import type { ToldCommand } from '../endpoint.ts';
import { buttons } from './buttons.ts';
import {
  alerted,
  brokenGlassLines,
  LONGEST_CONFIRMATION,
  LONGEST_REASON,
  labelWords,
  MOST_SAID,
  needsWords,
  type RequestMessageOptions,
  verdictLines,
} from './request-message.ts';
import {
  bold,
  cut,
  escapeMarkup,
  paragraph,
  plain,
  preformatted,
  quote,
  richText,
  time,
} from './rich-text.ts';
import type { SlackContent } from './slack-api.ts';

/** Characters of a statement that are shown; its approval covers all of it. */
const LONGEST_STATEMENT = 2500;
const MOST_PARAMETERS = 10;
const MOST_ACTIONS = 20;

export interface CommandMessageOptions extends RequestMessageOptions {
  /** Whether its text and parameters are shown: they may hold personal data. */
  readonly includeStatements: boolean;
}

/** A held statement or command as a message: who, where, what it would do, and what became of it. */
export function commandMessage(
  review: ToldCommand,
  { publicUrl, decidable, mentions, includeStatements }: CommandMessageOptions,
): SlackContent {
  const { id, principal, resource, profile, labels, kind, grantReason, state } = review;
  const pending = state === 'pending';
  const wish = `A ${kind} of ${principal.displayName} on ${resource} waits for approval`;
  return {
    text: escapeMarkup(
      cut(pending ? wish : `A ${kind} of ${principal.displayName} on ${resource}: ${stateWord(review)}`, 500),
    ),
    blocks: [
      richText(
        paragraph(
          plain(`A ${kind} of `),
          bold(principal.displayName),
          plain(` (${principal.name}) on `),
          bold(resource),
          plain(` (${profile}${labelWords(labels)})`),
        ),
        ...(includeStatements ? statement(review) : []),
        paragraph(plain(effect(review))),
        quote(cut(grantReason, LONGEST_REASON)),
      ),
      richText(
        ...outcome(review),
        ...alerted({ ...review, state: pending ? 'pending' : 'approved' }, mentions),
      ),
      buttons({
        id,
        publicUrl,
        approving:
          pending && decidable
            ? cut(
                `It runs once, as it stands. ${effect(review)} ${needsWords(review.needs)}`,
                LONGEST_CONFIRMATION,
              )
            : undefined,
      }),
    ],
  };
}

function statement({ text, truncated, parameters }: ToldCommand): object[] {
  const shown = cut(text, LONGEST_STATEMENT);
  const values = parameters
    .slice(0, MOST_PARAMETERS)
    .map((value, index) => `$${index + 1} = ${value === null ? 'NULL' : cut(value, 100)}`);
  const more = parameters.length > MOST_PARAMETERS ? ['…'] : [];
  return [
    preformatted(shown),
    ...(truncated || shown !== text
      ? [paragraph(plain('It goes on; an approval covers all of it. Open it to see the rest.'))]
      : []),
    ...(values.length > 0 ? [preformatted([...values, ...more].join('\n'))] : []),
  ];
}

/** What it would do, to what, and to how much. */
function effect({ actions, hasWhere, estimatedRows }: ToldCommand): string {
  const done = actions
    .slice(0, MOST_ACTIONS)
    .map(({ name, object }) => (object === undefined ? name : `${name} ${object}`));
  const words = [
    [...done, ...(actions.length > MOST_ACTIONS ? ['…'] : [])].join(', '),
    ...(hasWhere === false ? ['without WHERE'] : []),
    ...(estimatedRows === undefined ? [] : [`about ${Math.round(estimatedRows)} rows`]),
  ];
  return `${cut(words.filter(Boolean).join('; '), LONGEST_REASON)}.`;
}

function outcome(review: ToldCommand): object[] {
  const { principal, state, stateReason, votes, needs, brokenGlass, escalatedAt, expiresAt } = review;
  const said = votes
    .slice(-MOST_SAID)
    .flatMap(({ reviewer, verdict, reason }) =>
      verdictLines(
        verdict === 'approve' ? '✅ Approved by ' : '⛔ Denied by ',
        reviewer.displayName,
        '',
        reason,
      ),
    );
  if (brokenGlass) return [...said, ...brokenGlassLines(principal.displayName, brokenGlass)];
  if (state === 'pending')
    return [
      ...said,
      paragraph(
        plain(`${needsWords(needs)} Fails `),
        time(expiresAt),
        plain(escalatedAt === undefined ? '.' : '. Nobody had answered, so others are asked too.'),
      ),
    ];
  const why =
    state === 'denied' || stateReason === undefined ? [] : [plain(` ${cut(stateReason, LONGEST_REASON)}`)];
  return [...said, paragraph(bold(stateWord(review)), ...why)];
}

function stateWord({ state }: ToldCommand): string {
  switch (state) {
    case 'approved':
      return 'Approved.';
    case 'denied':
      return 'Denied.';
    case 'expired':
      return 'Not decided in time: it failed.';
    case 'withdrawn':
      return 'Withdrawn.';
    case 'pending':
      return 'Waiting.';
    default:
      return state satisfies never;
  }
}
