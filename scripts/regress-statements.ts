/**
 * Makes `test/fixtures/postgresql-regress.json.gz` of the regression suite in PostgreSQL's source:
 *   node --import tsx scripts/regress-statements.ts <source>/src/test/regress test/fixtures/postgresql-regress.json.gz
 * Statements are split as psql does it (psqlscan.l); those with psql's variables are left out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One text as it is sent; with what COPY … FROM stdin reads. `\c role`: a new connection, as that role. */
type Sent = string | readonly [text: string, data: string];

const COMMENT = /--[^\n]*|\/\*(?:[^*/]|\*(?!\/)|\/(?!\*)|\/\*(?:[^*]|\*(?!\/))*\*\/)*\*\//y;
const QUOTED =
  /(?<![\w$])[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/y;
const WORD = /[A-Za-z_][\w$]*/y;
const COMMAND = /\\[^\n]*/y;
const VARIABLE = /(?<!:):(['"]?)[A-Za-z_]\w*\1/y;

class Splitter {
  readonly #text: string;
  readonly #sent: Sent[] = [];
  #at = 0;
  #buffer = '';
  #variable = false;
  /** Open parentheses, and blocks of a function's SQL body: a semicolon ends nothing inside of them. */
  #parentheses = 0;
  #blocks = 0;

  constructor(text: string) {
    this.#text = text;
  }

  split(): readonly Sent[] {
    while (this.#at < this.#text.length) this.#step();
    this.#send();
    return this.#sent;
  }

  #step(): void {
    const comment = this.#take(COMMENT);
    const quoted = comment === '' ? this.#take(QUOTED) : '';
    if (comment !== '' || quoted !== '') {
      this.#buffer += comment === '' ? quoted : ' ';
      return;
    }
    const command = this.#take(COMMAND);
    const word = command === '' ? this.#take(WORD) : '';
    if (command !== '') this.#command(command);
    else if (word !== '') this.#word(word);
    else this.#character();
  }

  /** What matches here, and goes on behind it; empty where nothing does. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #command(line: string): void {
    if (line.startsWith('\\;')) {
      this.#buffer += ';';
      this.#at -= line.length - 2;
    } else if (/^\\(g|gx|gset|gexec|watch|crosstabview)\b/.test(line)) this.#send();
    else if (/^\\(gdesc|r)\b/.test(line)) this.#buffer = '';
    else if (/^\\c\b/.test(line)) this.#sent.push(`\\c ${line.split(/\s+/)[2] ?? ''}`.trim());
  }

  #word(word: string): void {
    const lower = word.toLowerCase();
    if (/^\s*create\b[\s\S]*\b(function|procedure)\b/i.test(this.#buffer)) {
      const atomic = lower === 'begin' && /^\s+atomic\b/i.test(this.#text.slice(this.#at));
      if (atomic || (lower === 'case' && this.#blocks > 0)) this.#blocks += 1;
      if (lower === 'end' && this.#blocks > 0) this.#blocks -= 1;
    }
    this.#buffer += word;
  }

  #character(): void {
    const character = this.#text[this.#at] ?? '';
    // In brackets a colon is a slice of an array.
    VARIABLE.lastIndex = this.#at;
    if (VARIABLE.test(this.#text) && !/\[[^\]]*$/.test(this.#buffer)) this.#variable = true;
    if (character === '(') this.#parentheses += 1;
    if (character === ')') this.#parentheses -= 1;
    this.#at += 1;
    if (character === ';' && this.#parentheses <= 0 && this.#blocks === 0) this.#send();
    else this.#buffer += character;
  }

  #send(): void {
    const statement = this.#buffer.trim();
    const left = statement === '' || this.#variable;
    this.#buffer = '';
    this.#variable = false;
    this.#parentheses = 0;
    this.#blocks = 0;
    if (left) return;
    this.#sent.push(
      /^copy\b[\s\S]*\bfrom\s+stdin\b/i.test(statement) ? [statement, this.#data()] : statement,
    );
  }

  /** The lines up to `\.`, which is skipped. */
  #data(): string {
    const start = this.#text.indexOf('\n', this.#at) + 1;
    const end = this.#text.indexOf('\n\\.', start - 1) + 1;
    if (end === 0) return '';
    this.#at = end + 2;
    return this.#text.slice(start, end);
  }
}

const [folder = '', output = ''] = process.argv.slice(2);
const schedule = readFileSync(join(folder, 'parallel_schedule'), 'utf8');
const files = [...schedule.matchAll(/^test: (.*)$/gm)]
  .flatMap(([, line]) => (line ?? '').trim().split(/\s+/))
  .map((name) => ({ name, path: join(folder, 'sql', `${name}.sql`) }))
  .filter(({ path }) => existsSync(path))
  .map(({ name, path }) => ({ name, statements: new Splitter(readFileSync(path, 'utf8')).split() }));
writeFileSync(output, gzipSync(JSON.stringify(files), { level: 9 }));
const count = files.reduce((sum, { statements }) => sum + statements.length, 0);
process.stdout.write(`${files.length} files, ${count} texts\n`);
