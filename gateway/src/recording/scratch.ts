/** What is kept between uses; more is let go again, so that one large row doesn't cost its size forever. */
const KEPT = 512 * 1024;

/** A buffer to work in, shared by all recorders of a process: recording never pauses halfway. */
export class Scratch {
  readonly #kept = Buffer.allocUnsafeSlow(KEPT);

  /** At least `size` bytes that hold until the next call. */
  take(size: number): Buffer {
    return size <= KEPT ? this.#kept : Buffer.allocUnsafeSlow(size);
  }
}
