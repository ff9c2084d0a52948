type Labels = Readonly<Record<string, string>>;

export interface Environment {
  readonly production: boolean;
  /** `Production`, `Staging`, `CI`, …; undefined where the resource says none. */
  readonly name: string | undefined;
}

const names: Readonly<Record<string, string>> = {
  prod: 'Production',
  production: 'Production',
  live: 'Production',
  staging: 'Staging',
  stage: 'Staging',
  test: 'Test',
  dev: 'Dev',
  development: 'Dev',
  ci: 'CI',
  qa: 'QA',
};

/** What the `env` label says, in a person's words. */
export function environmentOf(labels: Labels): Environment {
  const value = labels.env ?? labels.environment;
  if (value === undefined) return { production: false, name: undefined };
  const name = names[value.toLowerCase()] ?? value.charAt(0).toUpperCase() + value.slice(1);
  return { production: name === 'Production', name };
}
