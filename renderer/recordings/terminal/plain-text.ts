/** Where in an escape sequence (ECMA-48, section 5) the text is. */
type State = 'text' | 'escape' | 'control' | 'string' | 'string-escape';

/** Takes escape sequences and control characters out of terminal output that comes in pieces. */
export class PlainText {
  readonly #decoder = new TextDecoder();
  #state: State = 'text';

  /** The text of the next piece; lines end in a line feed. */
  push(bytes: Uint8Array): string {
    const source = this.#decoder.decode(bytes, { stream: true });
    let text = '';
    for (const character of source) {
      const code = character.codePointAt(0) ?? 0;
      if (this.#state === 'text' && code >= 0x20 && code !== 0x7f && (code < 0x80 || code > 0x9f))
        text += character;
      else text += this.#control(code);
    }
    return text;
  }

  #control(code: number): string {
    switch (this.#state) {
      case 'text':
        if (code === 0x1b) this.#state = 'escape';
        else if (code === 0x9b) this.#state = 'control';
        else if (isString(code)) this.#state = 'string';
        else if (code === 0x0a) return '\n';
        else if (code === 0x09) return ' ';
        return '';
      case 'escape':
        if (code === 0x5b) this.#state = 'control';
        // OSC, DCS, SOS, PM and APC carry text until their end.
        else if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f)
          this.#state = 'string';
        // Intermediate bytes, as in the choice of a character set, are followed by one more.
        else if (code < 0x20 || code > 0x2f) this.#state = 'text';
        return '';
      case 'control':
        if (code >= 0x40 && code <= 0x7e) this.#state = 'text';
        else if (code === 0x1b) this.#state = 'escape';
        return '';
      case 'string':
        if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) this.#state = 'text';
        else if (code === 0x1b) this.#state = 'string-escape';
        return '';
      case 'string-escape':
        this.#state = code === 0x5c ? 'text' : 'string';
        return '';
      default:
        return this.#state satisfies never;
    }
  }
}

const isString = (code: number): boolean =>
  code === 0x9d || code === 0x90 || code === 0x98 || code === 0x9e || code === 0x9f;
