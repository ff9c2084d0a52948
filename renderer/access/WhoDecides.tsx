import type { Requirement } from '@drawbridge/contract';
import { escalatedTo, needsSentence } from '../state/needs-text.ts';
import { durationText } from '../state/time-text.ts';
import { Icon } from '../theme/Icon.tsx';

interface WhoDecidesProps {
  readonly needs: readonly Requirement[];
  /** Policy grants it at once. */
  readonly open: boolean;
}

/** Who would have to agree, before anything is sent. */
export function WhoDecides({ needs, open }: WhoDecidesProps) {
  const messages = [...new Set(needs.flatMap((need) => (need.message === undefined ? [] : [need.message])))];
  const policies = [...new Set(needs.flatMap((need) => (need.kind === 'approve' ? [need.policy] : [])))];
  const waits = needs.flatMap((need) =>
    need.kind === 'approve' && need.escalate !== undefined ? [need.escalate.after] : [],
  );
  return (
    <div className="who">
      <span className="tile">
        <Icon name={open ? 'check' : 'person'} className={open ? 'c-active' : ''} />
      </span>
      <div className="grow">
        <div className="strong">{needsSentence(needs)}</div>
        {messages.map((message) => (
          <div className="meta" key={message}>
            {message}
          </div>
        ))}
        {messages.length === 0 ? (
          <div className="meta">{open ? 'Policy asks for nobody.' : policyText(policies)}</div>
        ) : null}
        {waits.length === 0 ? null : (
          <div className="meta">
            After {durationText(Math.min(...waits))} without an answer {escalatedTo(needs)} too.
          </div>
        )}
      </div>
    </div>
  );
}

const policyText = (policies: readonly string[]) =>
  policies.length === 1
    ? `Policy ${policies[0]} asks for it.`
    : `Policies ${policies.join(', ')} ask for it.`;
