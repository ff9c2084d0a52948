import { z } from 'zod';
import type { MainClock } from '../clock.ts';
import { timestamp } from '../clock.ts';
import type { KeyValueFile } from '../state/key-value-file.ts';

const Entry = z.object({ text: z.string(), at: z.string(), ok: z.boolean() });
export type HistoryEntry = z.infer<typeof Entry>;

const MOST_ENTRIES = 200;
/** Longer texts are scripts that stand in a file somewhere; they would make each save slow. */
const LONGEST_TEXT = 50_000;

/** What was run on each resource, newest first; the same text again moves to the front. */
export class SqlHistory {
  readonly #file: KeyValueFile;
  readonly #clock: Pick<MainClock, 'now'>;

  constructor(file: KeyValueFile, clock: Pick<MainClock, 'now'>) {
    this.#file = file;
    this.#clock = clock;
  }

  entries(gateway: string, resource: string): HistoryEntry[] {
    const parsed = z.array(Entry).safeParse(this.#file.get(`${gateway}/${resource}`));
    return parsed.success ? parsed.data : [];
  }

  remember(gateway: string, resource: string, text: string, ok: boolean): void {
    if (text.trim() === '' || text.length > LONGEST_TEXT) return;
    const others = this.entries(gateway, resource).filter((entry) => entry.text !== text);
    const entries = [{ text, at: timestamp(this.#clock), ok }, ...others].slice(0, MOST_ENTRIES);
    this.#file.set(`${gateway}/${resource}`, entries);
  }

  /** Forgets all of a gateway's. */
  forget(gateway: string): void {
    for (const key of this.#file.keys()) if (key.startsWith(`${gateway}/`)) this.#file.delete(key);
  }
}
