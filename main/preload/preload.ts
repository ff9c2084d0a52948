import { contextBridge, ipcRenderer } from 'electron';
import { CALL_CHANNEL, isOperationName, isPushName, PORT_CHANNEL, PUSH_CHANNEL } from '../ipc/channels.ts';
import type { Bridge, IpcAnswer, OperationName, Payload, Pushes, PushName, Result } from '../ipc/contract.ts';

/**
 * The page's only way out. Runs sandboxed, in a world of its own; knows the contract's names and nothing else,
 * holds no state and no secret. What is allowed is decided in the main process: this side can be taken over.
 */

type Listener = (value: never) => void;
const listeners = new Map<PushName, Set<Listener>>();

/** What was said before anybody listened, e.g. the place that a deep link started the app with. */
const early: { readonly name: PushName; readonly value: unknown }[] = [];
const MOST_EARLY = 20;

const refused = (name: string): IpcAnswer<never> => ({
  ok: false,
  error: { code: 'invalid_payload', message: `the app has no operation ${name}` },
});

async function call<N extends OperationName>(name: N, payload: Payload<N>): Promise<IpcAnswer<Result<N>>> {
  if (!isOperationName(name)) return refused(String(name).slice(0, 60));
  try {
    return (await ipcRenderer.invoke(CALL_CHANNEL, name, payload)) as IpcAnswer<Result<N>>;
  } catch {
    // Not cloneable, or the main process is going.
    return { ok: false, error: { code: 'internal', message: 'The app did not answer.' } };
  }
}

function on<N extends PushName>(name: N, listener: (value: Pushes[N]) => void): () => void {
  if (!isPushName(name) || typeof listener !== 'function') return () => undefined;
  const known = listeners.get(name) ?? new Set();
  listeners.set(name, known);
  known.add(listener as Listener);
  const waiting = early.filter((said) => said.name === name);
  early.splice(0, early.length, ...early.filter((said) => said.name !== name));
  for (const { value } of waiting) listener(value as Pushes[N]);
  return () => known.delete(listener as Listener);
}

ipcRenderer.on(PUSH_CHANNEL, (_event, name: unknown, value: unknown) => {
  if (!isPushName(name)) return;
  const known = listeners.get(name);
  // The state is asked for whole at the start, so that its patches before that don't matter.
  if ((known === undefined || known.size === 0) && name !== 'state.patch' && early.length < MOST_EARLY)
    early.push({ name, value });
  for (const listener of [...(known ?? [])]) listener(value as never);
});

// A port can't cross the context bridge; a message of the window's own origin carries it.
ipcRenderer.on(PORT_CHANNEL, (event, message: { readonly port: string }) => {
  window.postMessage({ port: message.port }, window.location.origin, [...event.ports]);
});

const bridge: Bridge = { call, on };
contextBridge.exposeInMainWorld('drawbridge', bridge);
