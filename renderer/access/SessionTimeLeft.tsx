import { useNow } from '../state/clock.ts';
import { isUsable, timeLeft } from '../state/grant-time.ts';
import { useGrantOf } from '../state/own-access.ts';
import { countdownText, durationText } from '../state/time-text.ts';
import { Ring } from '../theme/Ring.tsx';

interface SessionTimeLeftProps {
  readonly resource: string;
  readonly profile: string;
}

/** How long the access of a session still lasts, to the second. */
export function SessionTimeLeft({ resource, profile }: SessionTimeLeftProps) {
  const grant = useGrantOf(resource, profile);
  const now = useNow();
  if (grant === undefined || !isUsable(grant, now)) return null;
  const { seconds, share, soon } = timeLeft(grant, now);
  const started = grant.state === 'active';
  return (
    <>
      <span className="vsep" />
      <span className={soon ? 'timeleft c-pending' : 'timeleft'} role="timer">
        {started ? <Ring share={share} tone={soon ? 'soon' : 'active'} /> : null}
        <b>{started ? countdownText(seconds) : durationText(seconds)}</b>
        <span className="t3 plain">{started ? 'left' : 'ready'}</span>
      </span>
    </>
  );
}
