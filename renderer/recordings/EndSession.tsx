import type { Session } from '@drawbridge/contract';
import { useId, useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { environmentOf } from '../state/environment.ts';
import { useOnline, useResource } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';

/** Ends a session that runs. What that closes is said before, and the reason is told to whoever was in it. */
export function EndSession({ session }: { readonly session: Session }) {
  const online = useOnline();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon="power" warn disabled={!online} onClick={() => setOpen(true)}>
        End session
      </Button>
      {open ? <EndDialog session={session} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function EndDialog({ session, onClose }: { readonly session: Session; readonly onClose: () => void }) {
  const field = useId();
  const resource = useResource(session.resource);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | undefined>();
  const who = session.principal.displayName;
  const end = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await call('sessions.terminate', { session: session.id, reason: reason.trim() });
      onClose();
    } catch (error) {
      setFailure(failureText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      label={`End the session on ${session.resource}`}
      onClose={onClose}
      production={environmentOf(resource?.labels ?? {}).production}
      width={440}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void end();
        }}
      >
        <div className="dhead">
          <h2 className="grow">End this session</h2>
        </div>
        <div className="dbody">
          <p className="t2">
            {who} is disconnected from {session.resource} at once, and what runs there is cut off. The grant
            stays: {who} can connect again.
          </p>
          <div>
            <label className="lab" htmlFor={field}>
              Reason, which {who} sees
            </label>
            <textarea
              id={field}
              className="area"
              maxLength={2000}
              value={reason}
              data-autofocus
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </div>
          {failure === undefined ? null : (
            <p className="c-denied" role="alert">
              The session was not ended. {failure}
            </p>
          )}
        </div>
        <div className="dfoot">
          <Button size="l" look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" size="l" warn disabled={busy || reason.trim() === ''}>
            {busy ? 'Ending' : 'End session'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
