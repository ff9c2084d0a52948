/** Text as it may be pasted: lines and tabs, but nothing a terminal program would take for a command or for the end of the paste. */
export const pasteable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/** How many lines a paste has; one where it ends in the middle of the first. */
export const lineCount = (text: string): number => text.split('\n').length;

/** Whether lines of it would run, or be taken for ready, before the person sees them. */
export const needsAsking = (text: string): boolean => text.includes('\n');
