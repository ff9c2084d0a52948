import { cut } from './rich-text.ts';
import type { SlackContent } from './slack-api.ts';

/** Characters of all blocks as JSON: Slack answers `msg_blocks_too_long` somewhat above 13,000. */
const MOST = 12_000;

/** A message as it is, or, where Slack would not take all of it, its gist and its buttons. */
export function fitted({ text, blocks }: SlackContent): SlackContent {
  if (JSON.stringify(blocks).length <= MOST) return { text, blocks };
  const gist = `${cut(text, 1000)}. It is too long to be shown here: open it to see all of it.`;
  return {
    text,
    blocks: [
      // What is in `text` is escaped for markup, so it is shown as that.
      { type: 'section', text: { type: 'mrkdwn', text: gist, verbatim: true } },
      ...blocks.slice(-1),
    ],
  };
}
