import type { AccessRequest } from '@drawbridge/contract';
import { type KeyboardEvent, useEffect, useEffectEvent, useId, useRef, useState } from 'react';
import { failureText, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { shorterChoices } from '../state/duration-choices.ts';
import { isTyping, shortcutText } from '../state/keys.ts';
import { useBlocked } from '../state/own-access.ts';
import { durationText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { shortest } from './review-outcome.ts';

/** Approve, approve for less, or deny with a reason. */
export function Decision({ request }: { readonly request: AccessRequest }) {
  const blocked = useBlocked();
  const me = useApp((state) => state.me?.user.id);
  const platform = useApp((state) => state.app.platform);
  const [denying, setDenying] = useState(false);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const field = useId();
  const denyButton = useRef<HTMLButtonElement>(null);
  const may = request.reviewable && blocked === undefined && !busy;

  const review = async (verdict: 'approve' | 'deny', duration?: number) => {
    if (!may) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const after = await call('requests.review', {
        id: request.id,
        review: {
          verdict,
          ...(duration === undefined ? {} : { duration }),
          ...(verdict === 'deny' ? { reason: reason.trim() } : {}),
        },
      });
      showToast(outcome(after, verdict));
      setDenying(false);
    } catch (error) {
      setProblem(failureText(error));
    } finally {
      setBusy(false);
    }
  };
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
    if (key === 'a') void review('approve');
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
      void review('deny');
    }
  };

  if (!request.reviewable) {
    const reviewed = request.reviews.some((candidate) => candidate.reviewer.id === me);
    return (
      <div className="actions">
        <p className="meta row">
          <Icon name={reviewed ? 'check' : 'lock'} small />
          {reviewed
            ? 'You have reviewed this one. It waits for somebody else.'
            : request.principal.id === me
              ? 'Nobody reviews their own request.'
              : 'You are not among those who may review this one.'}
        </p>
      </div>
    );
  }
  const longest = shortest(request) ?? request.duration;
  return (
    <div className="decision">
      {problem === undefined ? null : (
        <p className="fieldnote bad selectable" role="alert">
          <Icon name="warning" small />
          <span>
            <b>Not decided.</b> {problem}
          </span>
        </p>
      )}
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
            onClick={() => void review('deny')}
          >
            Deny
          </Button>
        </div>
      ) : (
        <div className="actions">
          <Button look="primary" size="l" disabled={!may} hint="A" onClick={() => void review('approve')}>
            {blocked ?? `Approve ${durationText(longest)}`}
          </Button>
          <Shorter
            longest={longest}
            disabled={!may}
            onChoose={(seconds) => void review('approve', seconds)}
          />
          <span className="grow" />
          <Button ref={denyButton} size="l" warn disabled={!may} hint="D" onClick={() => setDenying(true)}>
            Deny with a reason
          </Button>
        </div>
      )}
    </div>
  );
}

interface ShorterProps {
  readonly longest: number;
  readonly disabled: boolean;
  readonly onChoose: (seconds: number) => void;
}

function Shorter({ longest, disabled, onChoose }: ShorterProps) {
  const choices = shorterChoices(longest);
  if (choices.length === 0) return null;
  return (
    <>
      <span className="meta orshorter">or shorter</span>
      <fieldset className="seg l" aria-label="Approve for a shorter time">
        {choices.map((seconds) => (
          <button
            key={seconds}
            type="button"
            disabled={disabled}
            aria-label={`Approve ${durationText(seconds)}`}
            onClick={() => onChoose(seconds)}
          >
            {durationText(seconds)}
          </button>
        ))}
      </fieldset>
    </>
  );
}

function outcome(after: AccessRequest, verdict: 'approve' | 'deny') {
  const what = `${after.principal.displayName}, ${after.profile} on ${after.resource}`;
  if (verdict === 'deny') return { kind: 'info', title: `Denied: ${what}` } as const;
  return after.state === 'approved'
    ? ({ kind: 'active', title: `Approved: ${what}` } as const)
    : ({
        kind: 'info',
        title: `Your approval counts: ${what}`,
        body: 'It waits for somebody else.',
      } as const);
}
