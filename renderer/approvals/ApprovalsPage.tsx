import './approvals.css';
import type { AccessRequest } from '@drawbridge/contract';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { environmentOf } from '../state/environment.ts';
import { useReviewable } from '../state/own-access.ts';
import { ageText, clockText, dateText, durationText, isToday } from '../state/time-text.ts';
import { useView } from '../state/view.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Seg } from '../theme/Seg.tsx';
import { Tag } from '../theme/Tag.tsx';
import { RequestDetail } from './RequestDetail.tsx';
import { reviewOutcome } from './review-outcome.ts';

const noRequests: readonly AccessRequest[] = [];

/** Requests that wait for this person, and those that were decided, each with all it takes to decide. */
export function ApprovalsPage() {
  const requests = useApp((state) => state.requests);
  const me = useApp((state) => state.me?.user.id);
  const open = useReviewable();
  const decided = useMemo(() => decidedOf(requests ?? noRequests, me), [requests, me]);
  const [shown, setShown] = useState<'open' | 'decided'>('open');
  const reviewed = useView((view) => view.reviewed);
  const list = shown === 'open' ? open : decided;
  // A notification may point at a request that isn't in the list in front.
  const pointed = (requests ?? noRequests).find((request) => request.id === reviewed);
  const current = pointed ?? list[0];
  const items = useRef<HTMLDivElement>(null);
  const select = (id: string) => useView.setState({ reviewed: id });
  // Pinned once shown: another request must never slip under a finger that is about to approve.
  const shownId = current?.id;
  useEffect(() => {
    if (shownId !== undefined) useView.setState({ reviewed: shownId });
  }, [shownId]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    if (!(event.target instanceof HTMLElement) || event.target.dataset.request === undefined) return;
    event.preventDefault();
    const buttons = [...(items.current?.querySelectorAll<HTMLElement>('[data-request]') ?? [])];
    buttons[buttons.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
  };
  const recent = decided.slice(0, 8);
  return (
    <div className="inbox">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys between the buttons inside */}
      <div className="inlist" ref={items} onKeyDown={onKey}>
        <div className="pagehead">
          <h1>Approvals</h1>
          <span className="grow" />
          <Seg
            label="Which requests"
            value={shown}
            options={[
              { value: 'open', text: open.length === 0 ? 'Open' : `Open ${open.length}` },
              { value: 'decided', text: 'Decided' },
            ]}
            onChange={(which) => {
              setShown(which);
              useView.setState({ reviewed: undefined });
            }}
          />
        </div>
        {shown === 'open' ? (
          <>
            <Group title="Requests" requests={open} current={current?.id} onSelect={select} />
            <Group title="Decided lately" requests={recent} current={current?.id} onSelect={select} />
          </>
        ) : (
          <Group title="Decided" requests={decided} current={current?.id} onSelect={select} />
        )}
      </div>
      {current === undefined ? (
        <div className="empty">
          <Icon name="inbox" />
          <p>
            {requests === undefined
              ? 'Requests are on their way.'
              : shown === 'open'
                ? 'Nothing waits for you. A request raises a notification, also when this window is closed.'
                : 'Nothing was decided yet.'}
          </p>
        </div>
      ) : (
        <RequestDetail key={current.id} request={current} />
      )}
    </div>
  );
}

/** Others' requests that are over, newest first. */
function decidedOf(requests: readonly AccessRequest[], me: string | undefined): readonly AccessRequest[] {
  return requests
    .filter((request) => request.state !== 'pending' && request.principal.id !== me)
    .toSorted((a, b) => (b.decidedAt ?? b.createdAt).localeCompare(a.decidedAt ?? a.createdAt));
}

interface GroupProps {
  readonly title: string;
  readonly requests: readonly AccessRequest[];
  readonly current: string | undefined;
  readonly onSelect: (id: string) => void;
}

function Group({ title, requests, current, onSelect }: GroupProps) {
  if (requests.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="grouphead">{title}</h2>
      <ul>
        {requests.map((request) => (
          <Item
            key={request.id}
            request={request}
            on={request.id === current}
            onSelect={() => onSelect(request.id)}
          />
        ))}
      </ul>
    </section>
  );
}

interface ItemProps {
  readonly request: AccessRequest;
  readonly on: boolean;
  readonly onSelect: () => void;
}

function Item({ request, on, onSelect }: ItemProps) {
  const me = useApp((state) => state.me?.user.id);
  const now = useNow('minute');
  const outcome = reviewOutcome(request, me);
  const pending = request.state === 'pending';
  const at = request.decidedAt ?? request.createdAt;
  const when = pending
    ? ageText(request.createdAt, now)
    : isToday(at, now)
      ? clockText(at)
      : dateText(at, now);
  const production = environmentOf(request.labels).production;
  return (
    <li>
      <button
        type="button"
        className={on ? 'initem on' : 'initem'}
        aria-current={on ? 'true' : undefined}
        data-request={request.id}
        onClick={onSelect}
        onFocus={onSelect}
      >
        <Avatar name={request.principal.displayName} />
        <span className="grow">
          <span className="top">
            <span className="strong ell">{request.principal.displayName}</span>
            <span className="meta num">{when}</span>
          </span>
          <span className="ell line">
            {pending
              ? `${request.profile} for ${durationText(request.duration)}: ${request.reason}`
              : `${request.profile} on ${request.resource} for ${durationText(request.duration)}`}
          </span>
          <span className="tags">
            <Tag tone={outcome.tone}>{outcome.text}</Tag>
            {pending ? <Tag tone={production ? 'prod' : 'plain'}>{request.resource}</Tag> : null}
          </span>
        </span>
      </button>
    </li>
  );
}
