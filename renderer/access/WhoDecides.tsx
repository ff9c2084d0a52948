import type { ProfileAccess } from '@drawbridge/contract';
import { needsSentence } from '../state/needs-text.ts';
import { Icon } from '../theme/Icon.tsx';

/** Who would have to agree, before anything is sent. */
export function WhoDecides({ profile }: { readonly profile: ProfileAccess }) {
  const messages = [
    ...new Set(profile.needs.flatMap((need) => (need.message === undefined ? [] : [need.message]))),
  ];
  const open = profile.access === 'open';
  const policies = [
    ...new Set(profile.needs.flatMap((need) => (need.kind === 'approve' ? [need.policy] : []))),
  ];
  return (
    <div className="who">
      <span className="tile">
        <Icon name={open ? 'check' : 'person'} className={open ? 'c-active' : ''} />
      </span>
      <div className="grow">
        <div className="strong">{needsSentence(profile.needs)}</div>
        {messages.map((message) => (
          <div className="meta" key={message}>
            {message}
          </div>
        ))}
        {messages.length === 0 ? (
          <div className="meta">{open ? 'Policy asks for nobody.' : policyText(policies)}</div>
        ) : null}
      </div>
    </div>
  );
}

const policyText = (policies: readonly string[]) =>
  policies.length === 1
    ? `Policy ${policies[0]} asks for it.`
    : `Policies ${policies.join(', ')} ask for it.`;
