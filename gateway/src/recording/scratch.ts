/** What is kept between uses; more is let go again, so that one large row doesn't cost its size forever. */
const KEPT = 512 * 1024;

/** A buffer to work in, shared by all recorders of a process: recording never pauses halfway. */
export class Scratch {
  #bytes = Buffer.allocUnsafeSlow(KEPT);
  #view = new DataView(this.#bytes.buffer);

  /** At least `size` bytes that hold until the next call, from offset 0 of their memory. */
  take(size: number): { bytes: Buffer; view: DataView } {
    if (size <= KEPT) return { bytes: this.#bytes, view: this.#view };
    const bytes = Buffer.allocUnsafeSlow(size);
    return { bytes, view: new DataView(bytes.buffer) };
  }
}
