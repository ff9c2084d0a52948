import { type AccessScope, formatDuration, type Requirement, type Review } from '@drawbridge/contract';
import type { ToldRequest } from '../endpoint.ts';
import { alerting, groupsAsked, type Mentions } from './alert.ts';
import { buttons } from './buttons.ts';
import { bold, cut, escapeMarkup, paragraph, plain, quote, richText, type Span, time } from './rich-text.ts';
import type { SlackContent } from './slack-api.ts';

/** Characters of a text that somebody wrote. */
export const LONGEST_REASON = 1000;
/** Characters of the text of a confirmation (docs.slack.dev: confirmation dialog object). */
export const LONGEST_CONFIRMATION = 300;
const MOST_TARGETS = 20;
/** Of what people said, the last so many are shown. */
export const MOST_SAID = 5;

export interface RequestMessageOptions {
  readonly publicUrl: string;
  /** Whether people decide in Slack. */
  readonly decidable: boolean;
  readonly mentions: Mentions;
}

/** A request for access as a message: who wants what, why and for how long, and what became of it. */
export function requestMessage(
  request: ToldRequest,
  { publicUrl, decidable, mentions }: RequestMessageOptions,
): SlackContent {
  const { id, principal, targets, duration, reason, scope, state, needs } = request;
  const pending = state === 'pending';
  const what = targets.map(({ profile, resource }) => `${profile} of ${resource}`).join(', ');
  const goesOn = request.extends === undefined ? '' : ' longer';
  const wish = `${principal.displayName} asks for ${what} for ${formatDuration(duration)}${goesOn}`;
  return {
    text: escapeMarkup(cut(pending ? wish : `${wish}: ${outcomeWord(request)}`, 500)),
    blocks: [
      richText(
        paragraph(
          bold(principal.displayName),
          plain(` (${principal.name}) asks for access for `),
          bold(`${formatDuration(duration)}${goesOn}`),
        ),
        {
          type: 'rich_text_list',
          style: 'bullet',
          elements: targets
            .slice(0, MOST_TARGETS)
            .map(({ profile, resource, labels }) =>
              paragraph(bold(resource), plain(`: ${profile}${labelWords(labels)}`)),
            ),
        },
        ...(scope ? [paragraph(plain(`Only ${cut(scopeWords(scope), LONGEST_REASON)}.`))] : []),
        quote(cut(reason, LONGEST_REASON)),
      ),
      richText(...outcome(request), ...alerted(request, mentions)),
      buttons({
        id,
        publicUrl,
        approving:
          pending && decidable ? cut(`${wish}. ${needsWords(needs)}`, LONGEST_CONFIRMATION) : undefined,
      }),
    ],
  };
}

/** Whom it alerts when it is posted: those who are asked, or those who are told that nobody was waited for. */
export function alerted(
  { state, needs, brokenGlass }: Pick<ToldRequest, 'state' | 'needs' | 'brokenGlass'>,
  mentions: Mentions,
): object[] {
  if (brokenGlass) return alerting(brokenGlass.told, mentions);
  return state === 'pending' ? alerting(groupsAsked(needs), mentions) : [];
}

/** What was said so far, or what was decided. */
function outcome(request: ToldRequest): object[] {
  const { state, reviews, needs, brokenGlass, escalatedAt, expiresAt } = request;
  const said = reviews.slice(-MOST_SAID).flatMap(reviewLines);
  if (brokenGlass)
    return [
      ...said,
      ...brokenGlassLines(request.principal.displayName, brokenGlass),
      ...(state === 'approved' ? [] : [paragraph(plain(outcomeWord(request)))]),
    ];
  if (state === 'pending')
    return [
      ...said,
      paragraph(
        plain(`${needsWords(needs)} Lapses `),
        time(expiresAt),
        plain(escalatedAt === undefined ? '.' : '. Nobody had answered, so others are asked too.'),
      ),
    ];
  return [...said, paragraph(bold(outcomeWord(request)))];
}

function outcomeWord({ state, reviews, decidedAt, grantIds }: ToldRequest): string {
  switch (state) {
    case 'approved':
      return reviews.length === 0 && (grantIds.length > 0 || decidedAt !== undefined)
        ? 'Approved: policy asks for no review.'
        : 'Approved.';
    case 'denied':
      return 'Denied.';
    case 'expired':
      return 'Lapsed: nobody decided in time.';
    case 'cancelled':
      return 'Withdrawn.';
    case 'pending':
      return 'Waiting.';
    default:
      return state satisfies never;
  }
}

function reviewLines({ reviewer, verdict, duration, reason }: Review): object[] {
  const how = verdict === 'approve' ? '✅ Approved by ' : '⛔ Denied by ';
  const shortened = duration === undefined ? '' : `, for ${formatDuration(duration)}`;
  return verdictLines(how, reviewer.displayName, shortened, reason);
}

export function verdictLines(how: string, name: string, more: string, reason: string | undefined): object[] {
  const spans: Span[] = [plain(how), bold(name), plain(more)].filter((span) => span.text !== '');
  return [
    paragraph(...spans),
    ...(reason === undefined || reason === '' ? [] : [quote(cut(reason, LONGEST_REASON))]),
  ];
}

export function brokenGlassLines(
  name: string,
  { reason, told }: { readonly reason: string; readonly told: readonly string[] },
): object[] {
  return [
    paragraph(
      plain('🚨 '),
      bold(`${name} went ahead without approval`),
      plain(`. Told: ${told.join(', ')}.`),
    ),
    quote(cut(reason, LONGEST_REASON)),
  ];
}

/** Whose approval it waits for, as a sentence. */
export function needsWords(needs: readonly Requirement[]): string {
  const approvals = needs.flatMap((need) =>
    need.kind === 'approve' ? [`${need.count} of ${need.groups.join(', ')}`] : [],
  );
  return approvals.length === 0 ? '' : `Waits for ${approvals.join(' and ')}.`;
}

export const labelWords = (labels: Readonly<Record<string, string>>): string => {
  const words = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return words.length === 0 ? '' : ` (${cut(words.join(', '), 150)})`;
};

const scopeWords = ({ tables, commands }: AccessScope): string =>
  [...(tables ?? []), ...(commands ?? [])].join(', ');
