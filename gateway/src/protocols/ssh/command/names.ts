/** Variables that change which program a name means, or what is run besides. */
const STEERS =
  /^(?:PATH|IFS|ENV|HOME|PS4|BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|(?:LD|DYLD)_.*)$/;

export const steersCommands = (variable: string): boolean => STEERS.test(variable);

/** Builtins that run, define or load what can't be seen here, or calculate with what they are given. */
export const opaqueBuiltins: ReadonlySet<string> = new Set([
  ...['.', 'source', 'alias', 'unalias', 'hash', 'enable', 'declare', 'typeset', 'let', 'bind', 'complete'],
  ...['compgen', 'compopt', 'mapfile', 'readarray', 'coproc', 'fc'],
]);

/** Shells whose language is not read here. `su` starts one. */
export const otherShells: ReadonlySet<string> = new Set([
  ...['ksh', 'ksh93', 'mksh', 'lksh', 'zsh', 'fish', 'csh', 'tcsh', 'pwsh', 'su'],
]);

/** Shells that read what is read here. */
export const knownShells: ReadonlySet<string> = new Set(['sh', 'bash', 'dash', 'ash', 'rbash']);

/** Builtins that set the variables they are given the names of, and calculate what stands in `[…]` after them. */
export const settingBuiltins: ReadonlySet<string> = new Set([
  ...['export', 'readonly', 'local', 'read', 'unset', 'printf', 'getopts', 'wait', 'test', '['],
]);

export const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);
