import createParser, { type ParserInstance } from 'libpg-query/wasm/libpg-query.js';
import type { Refusal } from './plan.ts';
import { type SqlNode, sqlNode, UnknownSyntax } from './sql-node.ts';

export interface ParsedStatement {
  readonly node: SqlNode;
  /** Byte offset of the statement in the text, and its length in bytes; 0 means up to the end. */
  readonly location: number;
  readonly length: number;
}

/** Statements in a text that the gateway is willing to analyse; more is refused, never passed unseen. */
const LONGEST_TEXT = 4 * 1024 * 1024;

/**
 * PostgreSQL 18's own parser (libpg-query, compiled to WebAssembly).
 *
 * An expression nested deeply enough exhausts the instance's stack and leaves it damaged: some 27 such texts
 * break it for good, for everybody. So after any failure that isn't an ordinary syntax error the instance is
 * thrown away and a spare takes its place; that is also why the package's own wrapper isn't used.
 */
export class SqlParser {
  #instance: ParserInstance | undefined;
  #spare: ParserInstance | undefined;

  private constructor(instance: ParserInstance, spare: ParserInstance) {
    this.#instance = instance;
    this.#spare = spare;
  }

  /** Compiles the parser: some 20 ms, once at start-up. */
  static async load(): Promise<SqlParser> {
    return new SqlParser(await createParser(), await createParser());
  }

  /** The statements of a text, none for an empty one; a `Refusal` in PostgreSQL's words where it can't be parsed. */
  parse(text: string): readonly ParsedStatement[] | Refusal {
    if (text.length > LONGEST_TEXT) {
      return {
        sqlstate: '54000',
        message: `a statement of more than ${LONGEST_TEXT / 1024 / 1024} MB can't be analysed`,
        hint: 'Load bulk data with COPY … FROM STDIN, or send it in smaller statements.',
      };
    }
    if (text.includes('\0')) return { sqlstate: '42601', message: "a statement can't hold a zero byte" };
    if (/^\s*$/.test(text)) return [];
    const instance = this.#take();
    if (!instance) {
      return { sqlstate: '53000', message: 'the SQL parser is restarting', hint: 'Try the statement again.' };
    }
    let json: unknown;
    try {
      const parsed = parseWith(instance, text);
      if ('refusal' in parsed) return parsed.refusal;
      json = JSON.parse(parsed.json);
    } catch {
      this.#replace();
      return tooDeep;
    }
    try {
      return statements(json);
    } catch (error) {
      if (error instanceof UnknownSyntax) {
        return { sqlstate: '42501', message: `this statement can't be analysed (${error.message})` };
      }
      if (error instanceof RangeError) return tooDeep;
      throw error;
    }
  }

  #take(): ParserInstance | undefined {
    if (!this.#instance && this.#spare) {
      this.#instance = this.#spare;
      this.#spare = undefined;
    }
    return this.#instance;
  }

  #replace(): void {
    this.#instance = undefined;
    this.#take();
    createParser().then(
      (fresh) => {
        if (this.#instance) this.#spare = fresh;
        else this.#instance = fresh;
      },
      () => undefined,
    );
  }
}

const tooDeep: Refusal = {
  sqlstate: '54001',
  message: 'this statement is nested too deeply to be analysed',
  hint: 'Split it, or write long chains of operators as lists (IN, ANY).',
};

/** Layout of `PgQueryParseResult { char *parse_tree; char *stderr_buffer; PgQueryError *error }`. */
const parseWith = (parser: ParserInstance, text: string): { json: string } | { refusal: Refusal } => {
  const bytes = parser.lengthBytesUTF8(text) + 1;
  const query = parser._malloc(bytes);
  parser.stringToUTF8(text, query, bytes);
  const result = parser._wasm_parse_query_raw(query);
  parser._free(query);
  if (!result) throw new Error('out of memory');
  const error = parser.getValue(result + 8, 'i32');
  const tree = parser.getValue(result, 'i32');
  if (!error && !tree) throw new Error('no parse tree');
  const answer = error ? { refusal: syntaxError(parser, error) } : { json: parser.UTF8ToString(tree) };
  parser._wasm_free_parse_result(result);
  return answer;
};

/** Layout of `PgQueryError { char *message, *funcname, *filename; int lineno; int cursorpos; … }`. */
const syntaxError = (parser: ParserInstance, error: number): Refusal => {
  const message = parser.UTF8ToString(parser.getValue(error, 'i32'));
  const position = parser.getValue(error + 16, 'i32');
  return { sqlstate: '42601', message, ...(position > 0 && { position }) };
};

const statements = (json: unknown): readonly ParsedStatement[] => {
  const root = sqlNode('ParseResult', { stmts: [], ...(json as object) }, 0);
  return (root.stmts as readonly SqlNode[]).map((each) => {
    const node = each.stmt;
    if (typeof node !== 'object' || node === null) throw new UnknownSyntax('an empty statement');
    return {
      node: node as SqlNode,
      location: Number(each.stmt_location ?? 0),
      length: Number(each.stmt_len ?? 0),
    };
  });
};
