const CHANGING = /^(INSERT|UPDATE|DELETE|MERGE)\b.*?(\d+)$/;

/**
 * What a command tag says was changed: `UPDATE 3`, `INSERT 0 3`.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-COMMANDCOMPLETE
 * @returns undefined for commands that change no rows.
 */
export function affectedRows(tag: string): { readonly command: string; readonly rows: number } | undefined {
  const found = CHANGING.exec(tag);
  return found?.[1] === undefined ? undefined : { command: found[1], rows: Number(found[2]) };
}
