/**
 * Rich text of Block Kit (docs.slack.dev/reference/block-kit/blocks/rich-text-block). What people wrote is always a
 * text element of it and never markup: names, reasons and statements can't format, mention or link anything.
 */

export interface Span {
  readonly type: 'text' | 'date' | 'usergroup';
  readonly [field: string]: unknown;
}

export const plain = (text: string): Span => ({ type: 'text', text });
export const bold = (text: string): Span => ({ type: 'text', text, style: { bold: true } });

/** Alerts everybody in a user group of Slack's. @param id `S…` */
export const mention = (id: string): Span => ({ type: 'usergroup', usergroup_id: id });

/** A time, shown in the reader's own time zone. @param at RFC 3339 */
export const time = (at: string): Span => ({
  type: 'date',
  timestamp: Math.floor(Date.parse(at) / 1000),
  format: '{date_short_pretty} {time}',
  fallback: at,
});

export const paragraph = (...spans: readonly Span[]): object => ({
  type: 'rich_text_section',
  elements: spans,
});
export const quote = (text: string): object => ({ type: 'rich_text_quote', elements: [plain(text)] });
export const preformatted = (text: string): object => ({
  type: 'rich_text_preformatted',
  elements: [plain(text)],
});
export const richText = (...elements: readonly object[]): object => ({ type: 'rich_text', elements });

/** Text as it may stand where Slack reads markup (docs.slack.dev/messaging/formatting-message-text). */
export const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** At most so many characters, without cutting one in two. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
