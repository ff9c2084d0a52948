/** Longest title of a program's own, in characters. */
const LONGEST = 40;

/** What could change how text around it reads: control characters, and marks that turn or hide text. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** A title that a program asked for, as far as it may stand in a tab behind the resource's name; empty where nothing is left. */
export function programTitle(asked: string): string {
  const plain = asked.replaceAll(UNSAFE, ' ').replaceAll(/\s+/g, ' ').trim();
  const characters = [...plain];
  return characters.length <= LONGEST ? plain : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
