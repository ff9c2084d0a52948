import './access.css';
import type { CommandReview, CommandReviewId } from '@drawbridge/contract';
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { failureText, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { shortcutText } from '../state/keys.ts';
import { glassGroups } from '../state/needs-text.ts';
import { useBlocked } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { NotDone } from '../theme/NotDone.tsx';

interface BreakGlassProps {
  /** Of the command review. */
  readonly id: CommandReviewId;
  readonly resource: string;
  readonly review: CommandReview | undefined;
}

/** Goes ahead without waiting, with a written reason, once the person has read who will be told. */
export function BreakGlass({ id, resource, review }: BreakGlassProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button warn onClick={() => setOpen(true)}>
        Break the glass…
      </Button>
      {open ? (
        <GlassDialog id={id} resource={resource} review={review} onClose={() => setOpen(false)} />
      ) : null}
    </>
  );
}

function GlassDialog({ id, resource, review, onClose }: BreakGlassProps & { readonly onClose: () => void }) {
  const platform = useApp((state) => state.app.platform);
  const blocked = useBlocked();
  const field = useId();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const ready = reason.trim() !== '' && !busy && blocked === undefined;
  const told = review === undefined ? [] : glassGroups(review.needs);
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await call('commands.breakGlass', { id, reason: reason.trim() });
      showToast({
        kind: 'info',
        title: 'You broke the glass',
        body: 'It runs now, and those to be told are told.',
      });
      onClose();
    } catch (error) {
      setProblem(failureText(error));
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) void submit(event);
  };
  return (
    <Dialog label={`Break the glass on ${resource}`} onClose={onClose} width={480}>
      <form onSubmit={(event) => void submit(event)} onKeyDown={onKey} noValidate>
        <div className="dhead">
          <span className="tile">
            <Icon name="warning" className="c-denied" />
          </span>
          <div className="grow">
            <h2>Run it without approval?</h2>
            <div className="meta">On {resource}, once, now</div>
          </div>
        </div>
        <div className="dbody">
          <GlassTold groups={told} />
          <div>
            <label className="lab" htmlFor={field}>
              Why it can’t wait
            </label>
            <textarea
              id={field}
              className="area"
              value={reason}
              maxLength={2000}
              data-autofocus
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </div>
          <NotDone what="Not run." problem={problem} />
        </div>
        <div className="dfoot">
          <span className="grow" />
          <Button look="ghost" size="l" hint="Esc" onClick={onClose}>
            Keep waiting
          </Button>
          <Button
            type="submit"
            look="primary"
            className="danger"
            size="l"
            disabled={!ready}
            hint={shortcutText(platform, '⏎')}
          >
            {blocked ?? 'Break the glass'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who hears of it, before anything happens. */
export function GlassTold({ groups }: { readonly groups: readonly string[] }) {
  return (
    <div className="notebox denied">
      <Icon name="warning" className="c-denied" />
      <p className="grow">
        {groups.length === 0 ? 'Those to be told' : `Everyone in ${groups.join(' and ')}`} will be told at
        once, with your reason. The recording is marked.
      </p>
    </div>
  );
}
