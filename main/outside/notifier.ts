import type { Notice, NoticeAction } from './notice.ts';

/** Shows native notifications. */
export interface Notifier {
  /** Shows one, in place of an earlier one with the same key. Doesn't wait for the person. */
  show(notice: Notice, act: (action: NoticeAction) => void): Promise<void>;
  /** Takes one away, where it is still there. */
  withdraw(key: string): Promise<void>;
  close(): void;
}

/** As long as a desktop shows without cutting it in the middle of a word of ours. */
const LONGEST = 300;

/** Other people's words in a line of a notification: no line breaks or control characters, and not without end. */
export function noticeText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1).trimEnd()}…`;
}

/** `text` where markup is understood: nobody's reason becomes a link or a picture. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A notifier that is still being looked for: what is shown meanwhile waits for it, the start of the app doesn't. */
export function deferredNotifier(finding: Promise<Notifier>): Notifier {
  return {
    show: async (notice, act) => (await finding).show(notice, act),
    withdraw: async (key) => (await finding).withdraw(key),
    close: () => void finding.then((found) => found.close()),
  };
}
