import type { AccessExplanation, PolicyAnswer } from '@drawbridge/contract';
import { type FormEvent, useId, useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { Button } from '../theme/Button.tsx';
import { Seg } from '../theme/Seg.tsx';
import { StepRow } from './StepRow.tsx';

interface TryItProps {
  readonly explanation: AccessExplanation;
  readonly as: string | undefined;
}

/** A statement or command, and what would happen to it. Nothing is run. */
export function TryIt({ explanation, as }: TryItProps) {
  const { resource } = explanation;
  const isHost = explanation.protocol === 'ssh';
  const profiles = explanation.profiles.map(({ name }) => name);
  const [profile, setProfile] = useState(profiles[0] ?? '');
  const [text, setText] = useState('');
  const [approved, setApproved] = useState<'as-is' | 'approved'>('as-is');
  const [answer, setAnswer] = useState<PolicyAnswer | undefined>();
  const [failure, setFailure] = useState<string | undefined>();
  const field = useId();
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    try {
      setAnswer(
        await call('policy.test', {
          resource,
          profile,
          approved: approved === 'approved',
          ...(as !== undefined && { as }),
          ...(isHost ? { command: text } : { sql: text }),
        }),
      );
      setFailure(undefined);
    } catch (error) {
      setAnswer(undefined);
      setFailure(failureText(error));
    }
  };
  return (
    <section className="sect poltry" aria-label="Try it">
      <h2 className="polhead">Try a {isHost ? 'command' : 'statement'}</h2>
      <form onSubmit={(event) => void ask(event)}>
        <label className="visually-hidden" htmlFor={field}>
          {isHost ? 'Command' : 'Statement'}
        </label>
        <textarea
          id={field}
          className="field mono"
          rows={3}
          spellCheck={false}
          placeholder={isHost ? 'systemctl restart shop' : 'delete from orders where id = 6001'}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="row polask">
          <Seg
            label="Profile"
            value={profile}
            onChange={setProfile}
            options={profiles.map((name) => ({ value: name, text: name }))}
          />
          <Seg
            label="Approval"
            value={approved}
            onChange={setApproved}
            options={[
              { value: 'as-is', text: 'As it is' },
              { value: 'approved', text: 'Once approved' },
            ]}
          />
          <span className="meta grow">Nothing is run.</span>
          <Button look="primary" type="submit" disabled={text.trim() === ''}>
            Ask policy
          </Button>
        </div>
      </form>
      {failure === undefined ? null : (
        <p className="notice plain" role="alert">
          {failure}
        </p>
      )}
      {answer === undefined ? null : (
        <ul className="polsteps" aria-label="Answer">
          {answer.steps.map((step) => (
            <StepRow key={`${step.action} ${step.object ?? ''}`} step={step} />
          ))}
        </ul>
      )}
    </section>
  );
}
