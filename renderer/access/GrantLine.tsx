import type { AccessRequest, Grant } from '@drawbridge/contract';
import { attempt, openCard, openConnection } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { grantEnd } from '../state/grant-time.ts';
import { waitingFor } from '../state/needs-text.ts';
import { useOnline } from '../state/own-access.ts';
import { scopeText } from '../state/request-text.ts';
import { agoText, durationText, momentText } from '../state/time-text.ts';
import { openExtend } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { EndNow } from './EndNow.tsx';
import { extensionOf } from './extension-of.ts';
import { GrantTime } from './GrantTime.tsx';
import { LineHead } from './LineHead.tsx';

const noRequests: readonly AccessRequest[] = [];

/** One grant that can be used: what it is for, how long, and what can be done with it. */
export function GrantLine({ grant }: { readonly grant: Grant }) {
  const online = useOnline();
  const now = useNow('minute');
  const requests = useApp((state) => state.requests) ?? noRequests;
  const extension = extensionOf(grant, requests);
  const by = grant.approvedBy.map((person) => person.displayName).join(', ');
  const until =
    grant.state === 'active'
      ? `until ${momentText(grantEnd(grant), now)} UTC`
      : `use it by ${momentText(grant.activateBy, now)} UTC, then ${durationText(grant.duration)}`;
  const how =
    grant.brokenGlass !== undefined
      ? 'Without approval'
      : by === ''
        ? 'Granted by policy'
        : `Approved by ${by}`;
  return (
    <li className="accessline">
      <div className="grow">
        <LineHead resource={grant.resource} profile={grant.profile}>
          {grant.brokenGlass === undefined ? null : <Tag tone="denied">Broken glass</Tag>}
        </LineHead>
        <p className="quote">“{grant.reason}”</p>
        <p className="meta">
          {how}, {until}
          {grant.scope === undefined ? '' : `, ${scopeText(grant.scope)}`}
        </p>
        {extension === undefined ? null : <Extension request={extension} />}
      </div>
      <GrantTime grant={grant} />
      <div className="row">
        <Button look="soft" disabled={!online} onClick={() => openConnection(grant.resource, grant.profile)}>
          Connect<span className="visually-hidden"> to {grant.resource}</span>
        </Button>
        <Button icon="card" onClick={() => openCard(grant.resource, grant.profile)}>
          Card<span className="visually-hidden"> of {grant.resource}</span>
        </Button>
        {grant.state !== 'active' || extension?.state === 'pending' ? null : (
          <Button disabled={!online} onClick={() => openExtend(grant.id)}>
            Extend<span className="visually-hidden"> access to {grant.resource}</span>
          </Button>
        )}
        <EndNow grant={grant} />
      </div>
    </li>
  );
}

/** The latest request for more time: that it waits, or what came of it. */
function Extension({ request }: { readonly request: AccessRequest }) {
  const online = useOnline();
  const now = useNow('minute');
  const time = durationText(request.duration);
  if (request.state === 'pending')
    return (
      <p className="meta extension">
        <span className="wait">
          <Icon name="clock" small />
          {time} more: waiting for {waitingFor(request.needs)}
        </span>
        <span>asked {agoText(request.createdAt, now)}</span>
        <button
          type="button"
          className="link"
          disabled={!online}
          onClick={() =>
            void attempt('The request still stands', () => call('requests.cancel', { id: request.id }))
          }
        >
          Cancel<span className="visually-hidden"> the request for more time</span>
        </button>
      </p>
    );
  const denial = request.reviews.findLast(({ verdict }) => verdict === 'deny');
  if (request.state === 'denied')
    return (
      <p className="meta extension">
        <span className="wait deny">
          <Icon name="close" small />
          {time} more: denied{denial === undefined ? '' : ` by ${denial.reviewer.displayName}`}
        </span>
        {denial?.reason === undefined ? null : <span className="quote">“{denial.reason}”</span>}
      </p>
    );
  return (
    <p className="meta extension">
      <Icon name="check" small className="c-active" />
      Prolonged at {momentText(request.decidedAt ?? request.createdAt, now)} UTC
    </p>
  );
}
