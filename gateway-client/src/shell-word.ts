/** One word of a command line for the person's shell: POSIX ones, or what Windows starts programs with. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (platform === 'win32')
    // As CommandLineToArgvW reads it: backslashes count only before a quote.
    return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
