/**
 * Imported for its effect, before anything else: what libraries say with `console` becomes lines of the log, on
 * standard error, since standard output carries answers. The OpenID library's advice about Node's version is left
 * out: it is not about anything the operator did, and every command would repeat it.
 */
const toLog =
  (level: 'info' | 'warn' | 'error') =>
  (...words: unknown[]) => {
    const msg = words.map(String).join(' ');
    if (!msg.includes('Unsupported runtime'))
      process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), msg })}\n`);
  };

console.info = toLog('info');
console.log = toLog('info');
console.warn = toLog('warn');
console.error = toLog('error');
