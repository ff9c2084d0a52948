/** A file name that the page suggests, without any way to another folder and without what systems refuse. */
export function fileName(suggestion: string): string {
  const clean = suggestion
    .replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '-')
    .replace(/^[.\s-]+/, '')
    .replace(/[.\s]+$/, '')
    .slice(0, 120);
  return clean === '' ? 'drawbridge.txt' : clean;
}
