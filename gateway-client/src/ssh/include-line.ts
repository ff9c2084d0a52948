import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../private-file.ts';
import { quotedPath } from './ssh-settings.ts';

/**
 * One `Include` at the top of a person's ssh_config(5): further down it would stand in a `Host` block and hold for
 * that one alone. Everything else in the file stays as it is, and so do its mode and the link it may be.
 */
export class IncludeLine {
  /** The person's configuration. */
  readonly file: string;
  readonly line: string;

  /** @param included the file that is to be included */
  constructor(file: string, included: string) {
    this.file = file;
    this.line = `Include ${quotedPath(included)}`;
  }

  async present(): Promise<boolean> {
    return this.#lines(await this.#read()).some((line) => this.#isOurs(line));
  }

  /** Adds it where it isn't there yet. @returns true: it is there now */
  async add(): Promise<true> {
    const text = await this.#read();
    if (!this.#lines(text).some((line) => this.#isOurs(line)))
      await this.#write(`${this.line}\n${text === '' ? '' : '\n'}${text}`);
    return true;
  }

  /** @returns whether it was there */
  async remove(): Promise<boolean> {
    const lines = this.#lines(await this.#read());
    const at = lines.findIndex((line) => this.#isOurs(line));
    if (at < 0) return false;
    // With the empty line that `add` put behind it.
    lines.splice(at, at === 0 && lines[1] === '' ? 2 : 1);
    await this.#write(lines.join('\n'));
    return true;
  }

  #isOurs(line: string): boolean {
    return line.trim() === this.line;
  }

  #lines(text: string): string[] {
    return text.split('\n');
  }

  async #read(): Promise<string> {
    return readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    // Where configurations are kept elsewhere, what is replaced is the file, not the link to it.
    const file = await realpath(this.file).catch(() => this.file);
    const mode = await stat(file).then(
      (info) => info.mode & 0o777,
      () => 0o600,
    );
    await replaceFile(file, text, mode);
  }
}
