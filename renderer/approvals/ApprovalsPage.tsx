import './approvals.css';
import type { AccessRequest, CommandReview } from '@drawbridge/contract';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useApp } from '../state/app-store.ts';
import { useHeldToDecide } from '../state/held.ts';
import { useReviewable } from '../state/own-access.ts';
import { useView } from '../state/view.ts';
import { Icon } from '../theme/Icon.tsx';
import { Seg } from '../theme/Seg.tsx';
import { HeldDetail } from './HeldDetail.tsx';
import { InboxItem } from './InboxItem.tsx';
import { decidedEntries, heldEntry, type InboxEntry, requestEntry } from './inbox-entry.ts';
import { RequestDetail } from './RequestDetail.tsx';

const noRequests: readonly AccessRequest[] = [];
const noReviews: readonly CommandReview[] = [];

/** Requests and held statements that wait for this person, and those that were decided, each with all it takes to decide. */
export function ApprovalsPage() {
  const requests = useApp((state) => state.requests) ?? noRequests;
  const reviews = useApp((state) => state.commandReviews) ?? noReviews;
  const loaded = useApp((state) => state.requests !== undefined);
  const me = useApp((state) => state.me?.user.id);
  const asked = useReviewable();
  const held = useHeldToDecide();
  const open = useMemo(() => [...held.map(heldEntry), ...asked.map(requestEntry)], [held, asked]);
  const decided = useMemo(() => decidedEntries(requests, reviews, me), [requests, reviews, me]);
  const [shown, setShown] = useState<'open' | 'decided'>('open');
  const reviewed = useView((view) => view.reviewed);
  const list = shown === 'open' ? open : decided;
  // A notification may point at something that isn't in the list in front.
  const current =
    useMemo(() => pointed(requests, reviews, reviewed), [requests, reviews, reviewed]) ?? list[0];
  const items = useRef<HTMLDivElement>(null);
  const select = (id: string) => useView.setState({ reviewed: id });
  // Pinned once shown: another one must never slip under a finger that is about to approve.
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
            <Group
              title="Held now: someone’s session is waiting"
              entries={open.filter(({ kind }) => kind === 'held')}
              current={current?.id}
              onSelect={select}
            />
            <Group
              title="Requests"
              entries={open.filter(({ kind }) => kind === 'request')}
              current={current?.id}
              onSelect={select}
            />
            <Group title="Decided lately" entries={recent} current={current?.id} onSelect={select} />
          </>
        ) : (
          <Group title="Decided" entries={decided} current={current?.id} onSelect={select} />
        )}
      </div>
      {current === undefined ? (
        <div className="empty">
          <Icon name="inbox" />
          <p>
            {!loaded
              ? 'Requests are on their way.'
              : shown === 'open'
                ? 'Nothing waits for you. A request or a held statement raises a notification, also when this window is closed.'
                : 'Nothing was decided yet.'}
          </p>
        </div>
      ) : current.kind === 'held' ? (
        <HeldDetail key={current.id} review={current.review} />
      ) : (
        <RequestDetail key={current.id} request={current.request} />
      )}
    </div>
  );
}

/** What was pointed at, wherever it stands. */
function pointed(
  requests: readonly AccessRequest[],
  reviews: readonly CommandReview[],
  id: string | undefined,
): InboxEntry | undefined {
  const request = requests.find((candidate) => candidate.id === id);
  if (request !== undefined) return requestEntry(request);
  const review = reviews.find((candidate) => candidate.id === id);
  return review === undefined ? undefined : heldEntry(review);
}

interface GroupProps {
  readonly title: string;
  readonly entries: readonly InboxEntry[];
  readonly current: string | undefined;
  readonly onSelect: (id: string) => void;
}

function Group({ title, entries, current, onSelect }: GroupProps) {
  if (entries.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="grouphead">{title}</h2>
      <ul>
        {entries.map((entry) => (
          <InboxItem
            key={entry.id}
            entry={entry}
            on={entry.id === current}
            onSelect={() => onSelect(entry.id)}
          />
        ))}
      </ul>
    </section>
  );
}
