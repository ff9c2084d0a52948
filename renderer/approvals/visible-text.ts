// Format characters turn the direction of a line or join nothing to nothing; of control characters only these show.
const UNSEEN = /\p{Cf}|(?![\t\n\r])\p{Cc}/gu;

/** A text in which nothing hides: characters that can't be seen are named by their numbers. */
export function visibleText(text: string): { readonly text: string; readonly hidden: boolean } {
  const shown = text.replaceAll(
    UNSEEN,
    (character) => `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`,
  );
  return { text: shown, hidden: shown !== text };
}
