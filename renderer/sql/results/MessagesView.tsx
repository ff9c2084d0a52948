import type { ReactNode } from 'react';
import { Icon } from '../../theme/Icon.tsx';
import type { RunLog } from '../console/console-state.ts';
import { HighlightedSql } from '../HighlightedSql.tsx';
import { runWords, secondText, tookText } from './run-words.ts';

interface MessagesViewProps {
  readonly log: readonly RunLog[];
  /** The latest run has a card: it failed, or is held. */
  readonly carded: boolean;
  /** That card. */
  readonly children: ReactNode;
  readonly onPick: (text: string) => void;
}

/** What the latest run said, and what ran before it in this session. */
export function MessagesView({ log, carded, children, onPick }: MessagesViewProps) {
  const latest = log.at(-1);
  if (latest === undefined)
    return (
      <div className="messages">
        <p className="sqlnone">Nothing ran yet. What the database says about your statements stands here.</p>
      </div>
    );
  const earlier = carded ? log.slice(0, -1) : log;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
    <section className="messages" tabIndex={0} aria-label="Messages">
      {children}
      {latest.notices.length === 0 ? null : (
        <ul className="notices selectable">
          {latest.notices.map((notice, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they only ever get more
            <li key={index}>
              <span className="mono t3">{notice.severity}</span> {notice.message}
            </li>
          ))}
        </ul>
      )}
      {earlier.length === 0 ? null : (
        <div className="sect earlier">
          <h3>{carded ? 'Earlier in this session' : 'In this session'}</h3>
          <ul className="hist wide">
            {earlier.toReversed().map((run) => (
              <Line key={run.run} run={run} onPick={onPick} />
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Line({ run, onPick }: { readonly run: RunLog; readonly onPick: (text: string) => void }) {
  const { icon, tone, text } = runWords(run);
  return (
    <li>
      <span className="meta num">{secondText(run.at)}</span>
      <Icon name={icon} small className={tone} />
      <span className="ell">{text}</span>
      <button type="button" className="histtext" title="Put into the editor" onClick={() => onPick(run.text)}>
        <HighlightedSql text={run.text} line />
      </button>
      <span className="meta num">{run.milliseconds === undefined ? '' : tookText(run.milliseconds)}</span>
    </li>
  );
}
