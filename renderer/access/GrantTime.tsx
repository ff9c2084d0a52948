import type { Grant } from '@drawbridge/contract';
import { useNow } from '../state/clock.ts';
import { timeLeft } from '../state/grant-time.ts';
import { countdownText, durationText, leftText } from '../state/time-text.ts';
import { Ring } from '../theme/Ring.tsx';

interface GrantTimeProps {
  readonly grant: Grant;
}

/** The ring of a running grant; nothing for one whose clock hasn't started. */
export function GrantRing({ grant }: GrantTimeProps) {
  const left = timeLeft(grant, useNow());
  return grant.state === 'active' ? <Ring share={left.share} tone={left.soon ? 'soon' : 'active'} /> : null;
}

/** `41 min left`, `4:52 left`, `30 min ready`. */
export function GrantLeft({ grant, short = false }: GrantTimeProps & { readonly short?: boolean }) {
  const left = timeLeft(grant, useNow());
  const text = grant.state === 'active' ? leftText(left.seconds) : durationText(left.seconds);
  if (short) return <>{text}</>;
  return <>{grant.state === 'active' ? `${text} left` : `${text} ready`}</>;
}

/** Ring and countdown, `41:12 left`, for session bars and facts. */
export function GrantTime({ grant, of = false }: GrantTimeProps & { readonly of?: boolean }) {
  const left = timeLeft(grant, useNow());
  const after = of ? `of ${durationText(grant.duration)}` : 'left';
  return (
    <span className={`timeleft${left.soon ? ' c-pending' : of ? ' c-active' : ''}`}>
      <GrantRing grant={grant} />
      <b>{grant.state === 'active' ? countdownText(left.seconds) : durationText(left.seconds)}</b>
      <span className="t3 plain">{grant.state === 'active' ? after : 'ready'}</span>
    </span>
  );
}
