/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where, e.g. `listen.port`; empty for the file as a whole. */
  readonly path: string;
  /** Why, and what would be right. Never holds the value. */
  readonly reason: string;
  /** The option's environment variable or the line in the file, where it came from one. */
  readonly from?: string;
  /** The valid name that comes nearest. */
  readonly nearest?: string;
}

/** The configuration can't be used; says everything that is wrong with it at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly ConfigProblem[]) {
    super([`${source} can't be used:`, ...problems.map((problem) => `  ${describe(problem)}`)].join('\n'));
    this.problems = problems;
  }
}

function describe({ path, reason, from, nearest }: ConfigProblem): string {
  const where = [path, from && `(${from})`].filter(Boolean).join(' ');
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return `${where === '' ? '' : `${where}: `}${reason}.${hint}`;
}
