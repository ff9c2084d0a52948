/**
 * Control characters (C0, DEL, C1), line separators and what changes the direction or the visibility of text:
 * data from elsewhere could otherwise move the cursor, recolour or forge what a terminal shows.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

const codePoint = (char: string): string => (char.codePointAt(0) ?? 0).toString(16);

/** Text from elsewhere as one safe line. */
export function printable(text: string): string {
  return text.replace(unsafe, (char) => named[char] ?? `\\u{${codePoint(char)}}`);
}

/** The same over several lines: line feeds stay, tabs become spaces. */
export function printableLines(text: string): string[] {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n').map(printable);
}

/** JSON that is safe on a terminal too; every escape stands inside a string, so the value is the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafe, (char) =>
    char === '\n' ? char : `\\u${codePoint(char).padStart(4, '0')}`,
  );
}
