import type { Requirement } from '@drawbridge/contract';
import { bold, escapeMarkup, mention, paragraph, plain, richText, type Span } from './rich-text.ts';
import type { SlackContent } from './slack-api.ts';

/** Which user group in Slack (`S…`) stands for a group of the identity provider. */
export type Mentions = Readonly<Record<string, string>>;

/** The groups whose approval is asked for; those that are asked later are among them once they are. */
export const groupsAsked = (needs: readonly Requirement[], { later = false } = {}): string[] => [
  ...new Set(
    needs.flatMap((need) =>
      need.kind === 'approve' ? [...need.groups, ...(later ? (need.escalate?.groups ?? []) : [])] : [],
    ),
  ),
];

/** A line that alerts the groups, as far as they are known in Slack; none where none is. */
export function alerting(groups: readonly string[], mentions: Mentions): object[] {
  const ids = groups.flatMap((group) => (Object.hasOwn(mentions, group) ? [mentions[group] ?? ''] : []));
  const spans = [...new Set(ids)].flatMap((id): Span[] => [mention(id), plain(' ')]);
  return spans.length === 0 ? [] : [paragraph(...spans)];
}

/** Said beside a message, since one that is changed alerts nobody: others are asked now. */
export const nobodyAnswered = (groups: readonly string[], mentions: Mentions): SlackContent =>
  reply(`Nobody has answered yet. Now asked: ${groups.join(', ')}.`, groups, mentions);

/** Said beside a message: somebody did not wait for its approval. */
export const wentAhead = (name: string, groups: readonly string[], mentions: Mentions): SlackContent =>
  reply(`🚨 ${name} went ahead without approval. Told: ${groups.join(', ')}.`, groups, mentions);

const reply = (text: string, groups: readonly string[], mentions: Mentions): SlackContent => ({
  text: escapeMarkup(text),
  blocks: [richText(paragraph(bold(text)), ...alerting(groups, mentions))],
});
