/** Bytes as text where characters may be cut in two between one piece and the next. What is no UTF-8 becomes U+FFFD. */
export class TextJoiner {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** The text of `bytes`, without a character that is not whole yet and with the one that now is. */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** U+FFFD for a character that will never be whole. */
  end(): string {
    return this.#decoder.decode();
  }
}
