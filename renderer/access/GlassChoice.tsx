import { GlassTold } from './BreakGlass.tsx';

interface GlassChoiceProps {
  readonly on: boolean;
  /** Who is told. */
  readonly groups: readonly string[];
  readonly onChange: (on: boolean) => void;
}

/** Offers to go ahead without the approvals, where policy lets somebody. */
export function GlassChoice({ on, groups, onChange }: GlassChoiceProps) {
  return (
    <div className="glasschoice">
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
        <span>
          Break the glass <span className="t3">It can’t wait: go ahead without approval</span>
        </span>
      </label>
      {on ? <GlassTold groups={groups} /> : null}
    </div>
  );
}
