/**
 * The compiled parser inside `libpg-query`, without the package's own wrapper, which keeps one instance for the
 * whole process and can't replace it (see `sql-parser.ts`).
 */
declare module 'libpg-query/wasm/libpg-query.js' {
  /** One instance: its own memory, its own stack. Pointers are numbers. */
  export interface ParserInstance {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    lengthBytesUTF8(text: string): number;
    stringToUTF8(text: string, pointer: number, bytes: number): void;
    UTF8ToString(pointer: number): string;
    getValue(pointer: number, type: 'i32'): number;
    _wasm_parse_query_raw(text: number): number;
    _wasm_free_parse_result(result: number): void;
  }
  // biome-ignore lint/style/noDefaultExport: that is how the library exports it
  export default function createParser(): Promise<ParserInstance>;
}
