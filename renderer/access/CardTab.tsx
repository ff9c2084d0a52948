import './access.css';
import type { Tab } from '../../main/ipc/app-state.ts';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { openConnection } from '../state/actions.ts';
import { useNow } from '../state/clock.ts';
import { environmentOf } from '../state/environment.ts';
import { isUsable } from '../state/grant-time.ts';
import { useGrantOf, useResource } from '../state/own-access.ts';
import { openRequest } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { ConnectionCard } from './ConnectionCard.tsx';
import { EndNow } from './EndNow.tsx';
import { GrantTime } from './GrantTime.tsx';
import { grantEnding } from './grant-ending.ts';
import { MaskedColumns } from './MaskedColumns.tsx';

/** The connection card in a tab of its own, for whoever works in other tools. */
export function CardTab({ tab }: { readonly tab: Extract<Tab, { kind: 'card' }> }) {
  const resource = useResource(tab.resource);
  const grant = useGrantOf(tab.resource, tab.profile);
  const now = useNow();
  if (resource === undefined) {
    return (
      <div className="empty">
        <Icon name="card" />
        <p>{tab.resource} is not among your resources any more.</p>
      </div>
    );
  }
  const usable = grant !== undefined && isUsable(grant, now);
  const facts = protocolFacts(resource.protocol);
  return (
    <>
      {environmentOf(resource.labels).production ? <div className="prodline" /> : null}
      <div className="cardbar">
        <Icon name={facts.icon} className="t3" />
        <h1 className="strong">{resource.name}</h1>
        <EnvironmentTag labels={resource.labels} />
        <span className="t2">{tab.profile}</span>
        <span className="grow" />
        {usable ? (
          <>
            <GrantTime grant={grant} />
            <EndNow grant={grant} look="plain" />
          </>
        ) : null}
      </div>
      {usable ? (
        <div className="cardscroll">
          <div className="bigcard">
            <ConnectionCard resource={resource} profile={tab.profile} />
            <dl className="kv">
              <dt>Masked</dt>
              <dd>
                <MaskedColumns columns={resource.maskedColumns} />
              </dd>
              <dt>Recorded</dt>
              <dd>{facts.recorded}</dd>
              <dt>Reason</dt>
              <dd className="quote">“{grant.reason}”</dd>
            </dl>
            <div className="row">
              <Button icon="terminal" onClick={() => openConnection(resource.name, tab.profile)}>
                {facts.open}
              </Button>
              <span className="meta">{facts.secret}</span>
            </div>
          </div>
        </div>
      ) : (
        <div className="empty">
          <Icon name="clock" />
          <h2 className="title">{grant === undefined ? 'No access' : grantEnding(grant, undefined).text}</h2>
          <p>Connections to {resource.name} are closed. The port stays the same for next time.</p>
          <Button look="primary" onClick={() => openRequest(resource.name, tab.profile)}>
            Request access
          </Button>
        </div>
      )}
    </>
  );
}
