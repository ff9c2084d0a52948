import type { Answer } from './request.ts';
import type { Resolved } from './resolve-path.ts';

/** A file or directory that the target opened for the client. */
export interface OpenFile {
  readonly path: string;
  /** What was decided when it was opened. */
  readonly read: boolean;
  readonly write: boolean;
}

/** What is known about a request until it has its reply. */
export type Pending =
  /** Not sent yet: it waits for its turn, or for people. */
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'sent';
      readonly answer: Answer;
      /** What becomes of the handle in the reply. */
      readonly opens?: OpenFile;
      /** What the data in the reply is of, and the most there can be. */
      readonly reads?: { readonly file: OpenFile; readonly bytes: number };
    }
  /** Asked by the gateway; the client never hears of it. */
  | { readonly kind: 'lookup'; readonly answer: (resolved: Resolved) => void };

const MOST_ID = 0xffff_ffff;

/** What both directions of one channel share: requests that have no reply yet, and open handles. */
export class Exchange {
  readonly pending = new Map<number, Pending>();
  /** By handle, one character for each byte. */
  readonly files = new Map<string, OpenFile>();
  /** The client said INIT, the target VERSION. */
  began = false;
  agreed = false;
  #nextId = MOST_ID;

  /** An id for a question of the gateway's own. Clients count from zero up. */
  freeId(): number {
    while (this.pending.has(this.#nextId)) this.#step();
    const id = this.#nextId;
    this.#step();
    return id;
  }

  #step(): void {
    this.#nextId = this.#nextId === 0 ? MOST_ID : this.#nextId - 1;
  }
}
