import { MalformedFrame } from './frame-splitter.ts';

/** The messages of a backend that a console needs; the others are `other`. Rows are not among them: they pass as bytes. */
export type BackendMessage =
  | { readonly type: 'authentication'; readonly method: number }
  | { readonly type: 'parameter'; readonly name: string; readonly value: string }
  | { readonly type: 'key'; readonly processId: number; readonly secret: Buffer }
  | { readonly type: 'ready'; readonly status: string }
  | {
      readonly type: 'columns';
      readonly columns: readonly { readonly name: string; readonly typeOid: number }[];
    }
  | { readonly type: 'complete'; readonly tag: string }
  | { readonly type: 'empty' }
  | { readonly type: 'error' | 'notice'; readonly fields: ReadonlyMap<string, string> }
  | { readonly type: 'notification'; readonly channel: string; readonly payload: string }
  | { readonly type: 'copy-in' }
  | { readonly type: 'copy-out' }
  | { readonly type: 'other' };

/**
 * Reads a whole message (type, length, body). `pg-protocol`'s parser isn't used here because it trusts the
 * bytes: a text without its zero makes it read on for ever.
 * @throws MalformedFrame
 */
export function readBackendMessage(frame: Buffer): BackendMessage {
  const body = new Body(frame);
  switch (String.fromCharCode(frame[0] ?? 0)) {
    case 'R':
      return { type: 'authentication', method: body.int32() };
    case 'S':
      return { type: 'parameter', name: body.text(), value: body.text() };
    case 'K':
      return { type: 'key', processId: body.int32(), secret: body.rest() };
    case 'Z':
      return { type: 'ready', status: String.fromCharCode(body.byte()) };
    case 'T':
      return { type: 'columns', columns: body.columns() };
    case 'C':
      return { type: 'complete', tag: body.text() };
    case 'I':
      return { type: 'empty' };
    case 'E':
      return { type: 'error', fields: body.fields() };
    case 'N':
      return { type: 'notice', fields: body.fields() };
    case 'A':
      body.int32();
      return { type: 'notification', channel: body.text(), payload: body.text() };
    case 'G':
    case 'W':
      return { type: 'copy-in' };
    case 'H':
      return { type: 'copy-out' };
    default:
      return { type: 'other' };
  }
}

class Body {
  readonly #bytes: Buffer;
  #at = 5;

  constructor(frame: Buffer) {
    this.#bytes = frame;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  int16(): number {
    return this.#take(2).readUInt16BE(0);
  }

  int32(): number {
    return this.#take(4).readInt32BE(0);
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end === -1) throw new MalformedFrame('a text in a message has no end');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** A copy. */
  rest(): Buffer {
    return Buffer.from(this.#take(this.#bytes.length - this.#at));
  }

  columns(): { name: string; typeOid: number }[] {
    return Array.from({ length: this.int16() }, () => {
      const name = this.text();
      this.#take(6);
      const typeOid = this.#take(4).readUInt32BE(0);
      this.#take(8);
      return { name, typeOid };
    });
  }

  /** https://www.postgresql.org/docs/current/protocol-error-fields.html */
  fields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    for (let code = this.byte(); code !== 0; code = this.byte())
      fields.set(String.fromCharCode(code), this.text());
    return fields;
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new MalformedFrame('a message is cut off');
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }
}
