import type { AccessRequest, Resource } from '@drawbridge/contract';
import { Tooltip } from '@mantine/core';
import { GrantLeft, GrantRing } from '../access/GrantTime.tsx';
import type { Access } from '../state/access-to.ts';
import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { waitingFor } from '../state/needs-text.ts';
import { useBlocked } from '../state/own-access.ts';
import { ageText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { runMainAction } from './main-action.ts';

interface MainActionProps {
  readonly resource: Resource;
  readonly access: Access;
}

/** The one main button of a resource, or the state that stands in its place. */
export function MainAction({ resource, access }: MainActionProps) {
  const blocked = useBlocked();
  const run = () => runMainAction(resource, access);
  if (blocked !== undefined && access.kind !== 'waiting' && access.kind !== 'forbidden') {
    return (
      <span className="wait mute">
        <Icon name="offline" small />
        {blocked}
      </span>
    );
  }
  switch (access.kind) {
    case 'active':
    case 'ready':
      return (
        <Button look="soft" onClick={run}>
          <GrantRing grant={access.grant} />
          Connect
          <span className="visually-hidden"> to {resource.name}</span>
          <span className="div" />
          <span className="num">
            <GrantLeft grant={access.grant} />
          </span>
        </Button>
      );
    case 'waiting':
      return <Waiting request={access.request} />;
    case 'denied': {
      const { review } = access;
      const name = review?.reviewer.displayName.split(' ')[0];
      const text = (
        <span className="wait deny">
          <Icon name="close" small />
          {name === undefined ? 'Denied' : `Denied by ${name}`}
        </span>
      );
      return review?.reason === undefined ? text : <Tooltip label={`“${review.reason}”`}>{text}</Tooltip>;
    }
    case 'none':
      return (
        <Button look="quiet" onClick={run}>
          Request access<span className="visually-hidden"> to {resource.name}</span>
        </Button>
      );
    case 'forbidden':
      return (
        <span className="wait mute">
          <Icon name="lock" small />
          Not allowed
        </span>
      );
    default:
      return access satisfies never;
  }
}

function Waiting({ request }: { readonly request: AccessRequest }) {
  const now = useNow('minute');
  return (
    <span className="waiting">
      <span className="wait">
        <Icon name="clock" small />
        Waiting for {waitingFor(request.needs)} ({ageText(request.createdAt, now)})
      </span>
      <Button
        look="quiet"
        className="cancel"
        onClick={() =>
          void attempt('The request still stands', () => call('requests.cancel', { id: request.id }))
        }
      >
        Cancel<span className="visually-hidden"> the request for {request.resource}</span>
      </Button>
    </span>
  );
}
