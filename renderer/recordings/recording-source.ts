import type { RecordingHeader, RecordingManifest, Session } from '@drawbridge/contract';
import type { RecordingPortEvent, RecordingPortRequest } from '../../main/ipc/contract.ts';
import { openPort } from '../sql/console/open-port.ts';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { TerminalOutput } from './terminal/terminal-output.ts';
import { Timeline } from './timeline.ts';

export interface RecordingState {
  /** `live`: all that was recorded so far is here, and more follows. `forbidden`: it runs, and is not ours to watch. */
  readonly status: 'loading' | 'live' | 'complete' | 'failed' | 'forbidden';
  readonly message?: string;
  /** As it was when the recording was opened. */
  readonly session?: Session;
  readonly header?: RecordingHeader;
  readonly manifest?: RecordingManifest;
  /** The same object all along, as is `output`; `version` counts their changes. */
  readonly timeline: Timeline;
  readonly output: TerminalOutput;
  readonly version: number;
}

const nothingYet = (version: number): RecordingState => ({
  status: 'loading',
  timeline: new Timeline(),
  output: new TerminalOutput(),
  version,
});

/** Reads a recording, of a live session as it goes on, and tells whoever shows it, at most once a frame. */
export class RecordingSource {
  #state = nothingYet(0);
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

  /** Starts over. A live session is followed, where that is allowed. */
  async open(id: string): Promise<void> {
    this.close();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#set(nothingYet(this.#state.version + 1));
    try {
      const session = await call('sessions.get', { session: id as Session['id'] });
      if (signal.aborted) return;
      const live = session.state === 'live';
      this.#set({ ...this.#state, session, ...(live && !session.may.watch && { status: 'forbidden' }) });
      if (live && !session.may.watch) return;
      const name = crypto.randomUUID();
      const ask = () => call('recordings.open', { id: name, session: session.id, follow: live });
      const port = await openPort(window, name, ask, signal);
      if (signal.aborted) return port.close();
      this.#port = port;
      port.onmessage = ({ data }: MessageEvent<RecordingPortEvent>) => {
        if (!signal.aborted) this.#receive(data, port);
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

  #receive(event: RecordingPortEvent, port: MessagePort): void {
    switch (event.type) {
      case 'header': {
        const status = this.#state.session?.state === 'live' ? 'live' : this.#state.status;
        this.#set({ ...this.#state, status, header: event.header });
        break;
      }
      case 'events':
        for (const { event: recorded, payload } of event.events) {
          this.#state.timeline.add(recorded, payload);
          this.#state.output.add(recorded, payload);
        }
        port.postMessage({ type: 'ack' } satisfies RecordingPortRequest);
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
