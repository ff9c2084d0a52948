import { useState } from 'react';
import { useApp } from '../state/app-store.ts';
import { Seg } from '../theme/Seg.tsx';
import { AccessAnswers } from './AccessAnswers.tsx';
import { PolicyList } from './PolicyList.tsx';
import './policy.css';

type Part = 'access' | 'policies';

/** What policy allows, for oneself or anybody, and the policies behind it. */
export function PolicyPage() {
  const [part, setPart] = useState<Part>('access');
  const mayRead = useApp((state) => state.me?.may.readAdmin ?? false);
  return (
    <section className="policypage" aria-label="Policy">
      <div className="pagehead">
        <h1>Policy</h1>
        <span className="meta">{mayRead ? 'Who may do what, and why' : 'What you may do, and why'}</span>
        <div className="grow" />
        {mayRead ? (
          <Seg<Part>
            label="Show"
            value={part}
            onChange={setPart}
            options={[
              { value: 'access', text: 'Who may do what' },
              { value: 'policies', text: 'Policies' },
            ]}
          />
        ) : null}
      </div>
      {part === 'policies' && mayRead ? <PolicyList /> : <AccessAnswers mayAskOfOthers={mayRead} />}
    </section>
  );
}
