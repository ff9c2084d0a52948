import type { RecordingHeader, RecordingManifest } from '@drawbridge/contract';
import type { RecordingPortEvent } from '../../main/ipc/contract.ts';
import { openPort } from '../sql/console/open-port.ts';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { Timeline } from './timeline.ts';

export interface RecordingState {
  readonly status: 'loading' | 'complete' | 'failed';
  readonly message?: string;
  readonly header?: RecordingHeader;
  readonly manifest?: RecordingManifest;
  /** The same object all along; `version` counts its changes. */
  readonly timeline: Timeline;
  readonly version: number;
}

/** Reads a recording into a timeline and tells whoever shows it, at most once a frame. */
export class RecordingSource {
  #state: RecordingState = { status: 'loading', timeline: new Timeline(), version: 0 };
  readonly #listeners = new Set<() => void>();
  #abort = new AbortController();
  #port: MessagePort | undefined;
  #scheduled = false;

  get state(): RecordingState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts over. */
  async open(session: string): Promise<void> {
    this.close();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#set({ status: 'loading', timeline: new Timeline(), version: this.#state.version + 1 });
    const id = crypto.randomUUID();
    try {
      const port = await openPort(
        window,
        id,
        () => call('recordings.open', { id, session: session as RecordingHeader['session'] }),
        signal,
      );
      if (signal.aborted) return port.close();
      this.#port = port;
      port.onmessage = ({ data }: MessageEvent<RecordingPortEvent>) => {
        if (!signal.aborted) this.#receive(data);
      };
    } catch (error) {
      if (!signal.aborted) this.#set({ ...this.#state, status: 'failed', message: failureText(error) });
    }
  }

  close(): void {
    this.#abort.abort();
    this.#port?.close();
    this.#port = undefined;
  }

  #receive(event: RecordingPortEvent): void {
    switch (event.type) {
      case 'header':
        this.#set({ ...this.#state, header: event.header });
        break;
      case 'events':
        for (const { event: recorded, payload } of event.events) this.#state.timeline.add(recorded, payload);
        this.#set({ ...this.#state, version: this.#state.version + 1 });
        break;
      case 'end':
        this.#set({
          ...this.#state,
          status: 'complete',
          ...(event.manifest && { manifest: event.manifest }),
        });
        break;
      case 'failed':
        this.#set({ ...this.#state, status: 'failed', message: event.message });
        break;
      default:
        event satisfies never;
    }
  }

  #set(state: RecordingState): void {
    this.#state = state;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
