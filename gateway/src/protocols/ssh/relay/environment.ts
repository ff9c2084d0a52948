/** What of the client's environment goes to the target, as OpenSSH's servers are mostly set up. */
const PASSED = /^(LANG|LC_[A-Z_]+|TERM)$/;
const MOST_VARIABLES = 32;
const LONGEST_VALUE = 1024;

/** The environment that a client asked for, as far as it is passed on. */
export class Environment {
  readonly #variables = new Map<string, string>();

  /** Whether it is passed on. */
  add(name: string, value: string): boolean {
    if (!PASSED.test(name) || value.length > LONGEST_VALUE || this.#variables.size >= MOST_VARIABLES)
      return false;
    this.#variables.set(name, value);
    return true;
  }

  get variables(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#variables);
  }
}
