/** Words of the client or the target as they may stand in a message: a terminal that shows it must not obey it. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
