import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
}

/** What the demo's provider keeps, for as long as it runs. */
export class MemoryAdapter implements Adapter {
  readonly #entries: Map<string, Entry>;
  readonly #model: string;

  /** @param entries shared by the adapters of all models. */
  constructor(model: string, entries: Map<string, Entry>) {
    this.#model = model;
    this.#entries = entries;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn = 3600): Promise<void> {
    const now = Date.now();
    for (const [key, entry] of this.#entries) if (entry.expiresAt <= now) this.#entries.delete(key);
    this.#entries.set(this.#key(id), { model: this.#model, payload, expiresAt: now + expiresIn * 1000 });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#entries.get(this.#key(id))?.payload;
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#search((payload) => payload.uid === uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#search((payload) => payload.userCode === userCode);
  }

  async consume(id: string): Promise<void> {
    const entry = this.#entries.get(this.#key(id));
    if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.#entries.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { model, payload }] of this.#entries) {
      if (model === this.#model && payload.grantId === grantId) this.#entries.delete(key);
    }
  }

  async #search(matches: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    for (const { model, payload } of this.#entries.values())
      if (model === this.#model && matches(payload)) return payload;
    return undefined;
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }
}
