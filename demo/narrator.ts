import { styleText } from 'node:util';
import type { Outcome } from './person.ts';

/** Thrown where the demo didn't go as promised. */
class Disappointment extends Error {
  override readonly name = 'Disappointment';
}

/** Tells what the demo does, shows what its commands say, and checks that it is what was promised. */
export class Narrator {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #started: number;
  #chapters = 0;

  /** @param now milliseconds of any clock that never goes back. */
  constructor(write: (text: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
    this.#started = now();
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (this.#now() - this.#started) / 1000;
  }

  chapter(title: string): void {
    this.#chapters += 1;
    this.#write(`\n${styleText('bold', `${this.#chapters}. ${title}`)}\n`);
  }

  say(text: string): void {
    this.#write(`${styleText('dim', `   ${text}`)}\n`);
  }

  command(person: string, words: readonly string[]): void {
    const line = words.map((word) => (/[^\w@%+=:,./-]/.test(word) ? `"${word}"` : word)).join(' ');
    this.#write(`   ${styleText('cyan', `${person} $`)} ${line}\n`);
  }

  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) if (line.trim() !== '') this.#write(`     ${line}\n`);
  }

  /** @throws Disappointment with what the command said, when the claim is false. */
  check(claim: string, holds: boolean, outcome?: Outcome): void {
    if (!holds) {
      const said = outcome ? `\nexit status ${outcome.status}\n${outcome.stdout}${outcome.stderr}` : '';
      throw new Disappointment(`Not so: ${claim}${said}`);
    }
    this.#write(`   ${styleText('green', '✓')} ${claim}\n`);
  }
}
