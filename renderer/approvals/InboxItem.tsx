import type { CommandReview } from '@drawbridge/contract';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { environmentOf } from '../state/environment.ts';
import { waitLeft } from '../state/held.ts';
import { askedText } from '../state/request-text.ts';
import { ageText, clockText, countdownText, dateText, durationText, isToday } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Tag } from '../theme/Tag.tsx';
import { heldOutcome } from './held-words.ts';
import { entryMoment, type InboxEntry } from './inbox-entry.ts';
import { reviewOutcome } from './review-outcome.ts';

interface InboxItemProps {
  readonly entry: InboxEntry;
  readonly on: boolean;
  readonly onSelect: () => void;
}

/** One line of the approvals: who, what, and its state. */
export function InboxItem({ entry, on, onSelect }: InboxItemProps) {
  const me = useApp((state) => state.me?.user.id);
  const now = useNow('minute');
  const item = entry.kind === 'held' ? entry.review : entry.request;
  const outcome = entry.kind === 'held' ? heldOutcome(entry.review, me) : reviewOutcome(entry.request, me);
  const pending = item.state === 'pending';
  const at = entryMoment(entry);
  const production = environmentOf(item.labels).production;
  return (
    <li>
      <button
        type="button"
        className={on ? 'initem on' : 'initem'}
        aria-current={on ? 'true' : undefined}
        data-request={entry.id}
        onClick={onSelect}
        onFocus={onSelect}
      >
        <Avatar name={item.principal.displayName} />
        <span className="grow">
          <span className="top">
            <span className="strong ell">{item.principal.displayName}</span>
            <span className="meta num">
              {!pending ? (
                isToday(at, now) ? (
                  clockText(at)
                ) : (
                  dateText(at, now)
                )
              ) : entry.kind === 'held' ? (
                <Left review={entry.review} />
              ) : (
                ageText(item.createdAt, now)
              )}
            </span>
          </span>
          <span className={entry.kind === 'held' ? 'ell line mono' : 'ell line'}>{lineText(entry)}</span>
          <span className="tags">
            <Tag tone={outcome.tone}>{outcome.text}</Tag>
            {pending || entry.kind === 'held' ? (
              <Tag tone={production && pending ? 'prod' : 'plain'}>
                {item.resource}
                {entry.kind === 'request' && entry.request.targets.length > 1
                  ? ` and ${entry.request.targets.length - 1} more`
                  : ''}
              </Tag>
            ) : null}
          </span>
        </span>
      </button>
    </li>
  );
}

function Left({ review }: { readonly review: CommandReview }) {
  const { seconds } = waitLeft(review, useNow());
  return <>fails in {countdownText(seconds)}</>;
}

function lineText(entry: InboxEntry): string {
  if (entry.kind === 'held') return entry.review.text.slice(0, 200).replaceAll(/\s+/g, ' ').trim();
  const { request } = entry;
  return request.state === 'pending'
    ? `${request.profile} for ${durationText(request.duration)}: ${request.reason}`
    : `${askedText(request)} for ${durationText(request.duration)}`;
}
