import '../access/access.css';
import type { BrokenGlass } from '@drawbridge/contract';
import { useNow } from '../state/clock.ts';
import { momentText } from '../state/time-text.ts';
import { Icon } from '../theme/Icon.tsx';

/** Somebody went ahead without approval: why, when, and who was told. */
export function BrokenGlassNote({ glass, who }: { readonly glass: BrokenGlass; readonly who: string }) {
  const now = useNow('minute');
  return (
    <div className="notebox denied" role="note">
      <Icon name="warning" className="c-denied" />
      <div className="grow">
        <p>
          <b>{who} broke the glass</b> at {momentText(glass.at, now)} UTC and went ahead without approval.
        </p>
        <p className="quote selectable">“{glass.reason}”</p>
        <p className="meta">
          {glass.told.length === 0 ? 'Nobody was to be told.' : `Told at once: ${glass.told.join(', ')}.`}
        </p>
      </div>
    </div>
  );
}
