import type { PolicyView } from '@drawbridge/contract';
import { Menu } from '@mantine/core';
import { useState } from 'react';
import { call } from '../state/bridge.ts';
import { needsSentence } from '../state/needs-text.ts';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { Unanswered } from './Unanswered.tsx';
import { useAnswer } from './use-answer.ts';
import { useResourceNames } from './use-resource-names.ts';

/** Every policy as it is applied, or those that can apply to one resource; the chosen one in full. */
export function PolicyList() {
  const names = useResourceNames(true) ?? [];
  const [resource, setResource] = useState<string | undefined>();
  const [selected, setSelected] = useState<string | undefined>();
  const answer = useAnswer(resource ?? '', () =>
    call('policy.list', resource === undefined ? {} : { resource }),
  );
  const policies = answer.value?.policies;
  const shown = policies?.find(({ id }) => id === selected) ?? policies?.[0];
  return (
    <>
      <div className="bar">
        <Menu position="bottom-start">
          <Menu.Target>
            <button type="button" className="chip">
              {resource ?? 'Any resource'}
              <Icon name="down" small />
            </button>
          </Menu.Target>
          <Menu.Dropdown className="tallmenu">
            <Menu.Item onClick={() => setResource(undefined)}>Any resource</Menu.Item>
            {names.map((name) => (
              <Menu.Item key={name} onClick={() => setResource(name)}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {policies === undefined ? null : <span className="meta">{policies.length} policies</span>}
      </div>
      {policies === undefined ? (
        <Unanswered answer={answer} what="policies" />
      ) : shown === undefined ? (
        <div className="empty">
          <Icon name="policy" />
          <p>No policy can apply to {resource ?? 'anything'}: nobody may do anything there.</p>
        </div>
      ) : (
        <div className="inbox">
          <ul className="inlist" aria-label="Policies">
            {policies.map((policy) => (
              <li key={policy.id}>
                <button
                  type="button"
                  className={policy.id === shown.id ? 'politem on' : 'politem'}
                  aria-current={policy.id === shown.id ? 'true' : undefined}
                  onClick={() => setSelected(policy.id)}
                >
                  <span className="row">
                    <span className="strong ell grow">{policy.id}</span>
                    <Effect policy={policy} />
                  </span>
                  <span className="meta ell">{summaryOf(policy)}</span>
                </button>
              </li>
            ))}
          </ul>
          <PolicyDetail policy={shown} />
        </div>
      )}
    </>
  );
}

const Effect = ({ policy: { effect } }: { readonly policy: PolicyView }) => (
  <Tag tone={effect === 'permit' ? 'active' : 'denied'}>{effect === 'permit' ? 'Permits' : 'Forbids'}</Tag>
);

const summaryOf = ({ message, description, requirements, document }: PolicyView): string =>
  requirements.length > 0 ? needsSentence(requirements) : (message ?? description ?? `In ${document}`);

function PolicyDetail({ policy }: { readonly policy: PolicyView }) {
  const { actions, cedar, description, document, id, message, requirements, resources } = policy;
  return (
    <section className="detail" aria-label={`Policy ${id}`}>
      <div className="dscroll">
        <div className="dtitle">
          <h2 className="grow">{id}</h2>
          <Effect policy={policy} />
        </div>
        {description === undefined ? null : <p>{description}</p>}
        <dl className="kv wide">
          <dt>Document</dt>
          <dd className="mono selectable">{document}</dd>
          <dt>Resources</dt>
          <dd>{resources === undefined ? 'The gateway itself' : resources.join(', ') || 'None now'}</dd>
          <dt>Actions</dt>
          <dd className="polnames mono selectable">{actions.join(', ')}</dd>
          {requirements.length === 0 ? null : (
            <>
              <dt>Lifted when</dt>
              <dd>{needsSentence(requirements)}</dd>
            </>
          )}
          {message === undefined ? null : (
            <>
              <dt>Says</dt>
              <dd className="selectable">“{message}”</dd>
            </>
          )}
        </dl>
        <pre className="polcedar selectable">{cedar}</pre>
      </div>
    </section>
  );
}
