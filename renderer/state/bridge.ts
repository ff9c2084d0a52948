import type {
  Bridge,
  IpcFailure,
  OperationName,
  Payload,
  Pushes,
  PushName,
  Result,
} from '../../main/ipc/contract.ts';

declare global {
  interface Window {
    /** Put there by the preload; the only way out of this page. */
    readonly drawbridge?: Bridge;
  }
}

function bridge(): Bridge {
  if (window.drawbridge === undefined)
    throw new Error('the preload did not run: window.drawbridge is missing');
  return window.drawbridge;
}

/** A refused or failed operation, with the main process's code, sentence and hint. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: string;
  readonly hint: string | undefined;
  /** What stands in the way, e.g. the request of `already_pending`. */
  readonly id: string | undefined;
  readonly policies: readonly string[];

  constructor(failure: IpcFailure) {
    super(failure.message);
    this.code = failure.code;
    this.hint = failure.hint;
    this.id = failure.id;
    this.policies = failure.policies ?? [];
  }
}

type Arguments<N extends OperationName> =
  undefined extends Payload<N> ? [payload?: Payload<N>] : [payload: Payload<N>];

/** Asks the main process. @throws CallError with what it said. */
export async function call<N extends OperationName>(name: N, ...[payload]: Arguments<N>): Promise<Result<N>> {
  const answer = await bridge().call(name, payload as Payload<N>);
  if (!answer.ok) throw new CallError(answer.error);
  return answer.value;
}

/** Hears what main says unasked; returns how to stop. */
export function listen<N extends PushName>(name: N, listener: (value: Pushes[N]) => void): () => void {
  return bridge().on(name, listener);
}
