import type { PolicyStep } from '@drawbridge/contract';
import { Tag } from '../theme/Tag.tsx';
import { actionText, decidedBy, verdictTag } from './step-words.ts';

/** One action, what policy says to it, and which policies said it. */
export function StepRow({ step }: { readonly step: PolicyStep }) {
  const { tone, text } = verdictTag(step);
  return (
    <li className="polstep">
      <span className="polaction">
        <span className="strong">{actionText(step.action)}</span>
        <span className="mono meta ell selectable">
          {step.object === undefined ? step.action : `${step.action} ${step.object}`}
        </span>
      </span>
      <span>
        <Tag tone={tone}>{text}</Tag>
      </span>
      <span className="polwhy">
        {step.verdict === 'allow' ? null : <span className="selectable">{step.reason}</span>}
        <span className="meta selectable">By {decidedBy(step)}</span>
      </span>
    </li>
  );
}
