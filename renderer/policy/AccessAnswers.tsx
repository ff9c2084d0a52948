import type { AccessExplanation } from '@drawbridge/contract';
import { Menu } from '@mantine/core';
import { useState } from 'react';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { Icon } from '../theme/Icon.tsx';
import { StepRow } from './StepRow.tsx';
import { TryIt } from './TryIt.tsx';
import { Rows, Unanswered } from './Unanswered.tsx';
import { useAnswer } from './use-answer.ts';
import { useResourceNames } from './use-resource-names.ts';

/** Somebody, a resource, and what policy would let them do with it. */
export function AccessAnswers({ mayAskOfOthers }: { readonly mayAskOfOthers: boolean }) {
  const names = useResourceNames(mayAskOfOthers);
  const [chosen, setChosen] = useState<string | undefined>();
  const [as, setAs] = useState<string | undefined>();
  const resource = chosen ?? names?.[0];
  if (names === undefined) return <Rows what="resources" />;
  if (resource === undefined)
    return (
      <div className="empty">
        <Icon name="policy" />
        <p>There is no resource that you may ask for, so there is nothing to ask policy about.</p>
      </div>
    );
  return (
    <>
      <div className="bar">
        {mayAskOfOthers ? <PersonMenu as={as} onChoose={setAs} /> : null}
        <Menu position="bottom-start">
          <Menu.Target>
            <button type="button" className="chip" aria-label={`Resource: ${resource}`}>
              {resource}
              <Icon name="down" small />
            </button>
          </Menu.Target>
          <Menu.Dropdown className="tallmenu">
            {names.map((name) => (
              <Menu.Item key={name} onClick={() => setChosen(name)}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      <Explained key={`${as ?? ''} ${resource}`} resource={resource} as={as} />
    </>
  );
}

function PersonMenu({
  as,
  onChoose,
}: {
  readonly as: string | undefined;
  readonly onChoose: (name: string | undefined) => void;
}) {
  const me = useApp((state) => state.me?.user.name);
  const people = useAnswer('people', () => call('people.list'));
  const others = people.value?.people.filter(({ name }) => name !== me) ?? [];
  const shown = others.find(({ name }) => name === as);
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className="chip" aria-label={`Person: ${shown?.displayName ?? 'you'}`}>
          <Icon name="person" small />
          {shown?.displayName ?? 'You'}
          <Icon name="down" small />
        </button>
      </Menu.Target>
      <Menu.Dropdown className="tallmenu">
        <Menu.Item onClick={() => onChoose(undefined)}>You</Menu.Item>
        {others.map(({ id, name, displayName, groups }) => (
          <Menu.Item
            key={id}
            onClick={() => onChoose(name)}
            rightSection={<span className="meta">{groups.join(', ') || 'no groups'}</span>}
          >
            {displayName}
          </Menu.Item>
        ))}
        {people.failure === undefined ? null : <Menu.Label>{people.failure}</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}

function Explained({ resource, as }: { readonly resource: string; readonly as: string | undefined }) {
  const answer = useAnswer(`${as ?? ''} ${resource}`, () =>
    call('policy.explain', { resource, ...(as !== undefined && { as }) }),
  );
  if (answer.value === undefined) return <Unanswered answer={answer} what={resource} />;
  return (
    <div className="polscroll">
      <Person explanation={answer.value} />
      {answer.value.profiles.map((profile) => (
        <section key={profile.name} className="sect" aria-label={`Profile ${profile.name}`}>
          <h2 className="polhead">{profile.name}</h2>
          <ul className="polsteps">
            <StepRow step={profile.access} />
            {profile.actions.map((step) => (
              <StepRow key={step.action} step={step} />
            ))}
          </ul>
        </section>
      ))}
      <TryIt explanation={answer.value} as={as} />
    </div>
  );
}

function Person({ explanation: { principal } }: { readonly explanation: AccessExplanation }) {
  return (
    <p className="meta">
      {principal.name} is in {principal.groups.length === 0 ? 'no group' : principal.groups.join(', ')}. What
      a connected person may do is asked again for each statement and command.
    </p>
  );
}
