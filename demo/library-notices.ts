/**
 * Imported for its effect, before anything that pulls in `oidc-provider`: what libraries say with `console` goes to
 * standard error, since standard output belongs to the demo; and the provider's advice about Node's version, which
 * is not about anything the demo's user did, is left out.
 */
const toStandardError = (...words: unknown[]) => {
  const text = words.map(String).join(' ');
  if (!text.includes('Unsupported runtime')) process.stderr.write(`${text}\n`);
};

console.info = toStandardError;
console.warn = toStandardError;
