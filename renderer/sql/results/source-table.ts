const NAME = String.raw`(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))`;
const FROM = new RegExp(String.raw`\bfrom\s+(?:only\s+)?${NAME}(?:\s*\.\s*${NAME})?`, 'i');

/** The first table a query reads, for the INSERTs made of its rows; `result` where none is named. */
export function sourceTable(query: string): string[] {
  const found = FROM.exec(query);
  if (found === null) return ['result'];
  const part = (quoted: string | undefined, plain: string | undefined) =>
    quoted === undefined ? plain?.toLowerCase() : quoted.replaceAll('""', '"');
  const parts = [part(found[1], found[2]), part(found[3], found[4])];
  return parts.filter((name) => name !== undefined);
}
