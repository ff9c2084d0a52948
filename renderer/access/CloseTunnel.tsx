import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';

/** Closes a tunnel, and what is connected through it. */
export function CloseTunnel({ tunnel }: { readonly tunnel: string }) {
  return (
    <button
      type="button"
      className="link meta c-accent"
      onClick={() => void attempt('The tunnel is still open', () => call('tunnels.close', { tunnel }))}
    >
      Close tunnel
    </button>
  );
}
