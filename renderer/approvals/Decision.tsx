import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from 'react';
import { failureText } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { isTyping, shortcutText } from '../state/keys.ts';
import { useBlocked } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { NotDone } from '../theme/NotDone.tsx';

interface DecisionProps {
  /** What the main button says where it can be pressed. */
  readonly approve: string;
  /** Something else stands in the way; both buttons wait. */
  readonly disabled?: boolean;
  /** Decides. Where it fails, says why. */
  readonly onDecide: (verdict: 'approve' | 'deny', reason: string | undefined) => Promise<void>;
  /** Further ways to approve, beside the main button. */
  readonly children?: (run: (task: () => Promise<void>) => void, may: boolean) => ReactNode;
  /** What the approval is for, at the end of the line. */
  readonly note?: string;
}

/** Approve, or deny with a reason; `a` and `d` do the same. */
export function Decision({ approve, disabled = false, onDecide, children, note }: DecisionProps) {
  const blocked = useBlocked();
  const platform = useApp((state) => state.app.platform);
  const [denying, setDenying] = useState(false);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const field = useId();
  const denyButton = useRef<HTMLButtonElement>(null);
  const may = blocked === undefined && !busy && !disabled;

  const run = async (task: () => Promise<void>) => {
    if (!may) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await task();
      setDenying(false);
    } catch (error) {
      setProblem(failureText(error));
    } finally {
      setBusy(false);
    }
  };
  const decide = (verdict: 'approve' | 'deny') =>
    void run(() => onDecide(verdict, verdict === 'deny' ? reason.trim() : undefined));
  const onLetter = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (
      event.repeat ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      isTyping(event.target) ||
      document.querySelector('[role=dialog]')
    )
      return;
    const key = event.key.toLowerCase();
    if (!may || denying || (key !== 'a' && key !== 'd')) return;
    event.preventDefault();
    if (key === 'a') decide('approve');
    else setDenying(true);
  });
  useEffect(() => {
    window.addEventListener('keydown', onLetter);
    return () => window.removeEventListener('keydown', onLetter);
  }, []);
  const onReasonKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      setDenying(false);
      // The button that opened the field is drawn again first.
      requestAnimationFrame(() => denyButton.current?.focus());
    } else if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && reason.trim() !== '') {
      event.preventDefault();
      decide('deny');
    }
  };
  return (
    <div className="decision">
      <NotDone what="Not decided." problem={problem} />
      {denying ? (
        <div className="actions denying">
          <div className="grow">
            <label className="lab" htmlFor={field}>
              Why not, and what to do instead
            </label>
            <textarea
              id={field}
              className="area"
              value={reason}
              maxLength={2000}
              // biome-ignore lint/a11y/noAutofocus: appears because the person chose to deny
              autoFocus
              onChange={(event) => setReason(event.currentTarget.value)}
              onKeyDown={onReasonKey}
            />
          </div>
          <Button look="ghost" size="l" hint="Esc" onClick={() => setDenying(false)}>
            Back
          </Button>
          <Button
            size="l"
            warn
            disabled={!may || reason.trim() === ''}
            hint={shortcutText(platform, '⏎')}
            onClick={() => decide('deny')}
          >
            Deny
          </Button>
        </div>
      ) : (
        <div className="actions">
          <Button look="primary" size="l" disabled={!may} hint="A" onClick={() => decide('approve')}>
            {blocked ?? approve}
          </Button>
          {children?.((task) => void run(task), may)}
          {note === undefined ? <span className="grow" /> : null}
          <Button ref={denyButton} size="l" warn disabled={!may} hint="D" onClick={() => setDenying(true)}>
            Deny with a reason
          </Button>
          {note === undefined ? null : (
            <>
              <span className="grow" />
              <span className="meta">{note}</span>
            </>
          )}
        </div>
      )}
    </div>
  );
}

/** Why there is nothing for this person to decide. */
export function Undecidable({
  decided,
  own,
}: {
  readonly decided: boolean;
  readonly own: string | undefined;
}) {
  return (
    <div className="actions">
      <p className="meta row">
        <Icon name={decided ? 'check' : 'lock'} small />
        {decided
          ? 'You have reviewed this one. It waits for somebody else.'
          : (own ?? 'You are not among those who may review this one.')}
      </p>
    </div>
  );
}
