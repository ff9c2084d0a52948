import { HighlightedSql } from '../sql/HighlightedSql.tsx';
import { durationText } from '../state/time-text.ts';
import { Tag } from '../theme/Tag.tsx';
import {
  bytesText,
  channelName,
  decidedWords,
  exitTitle,
  exitWords,
  fileWords,
  outcomeWords,
} from './entry-words.ts';
import { maskedIn, type Refusal, type StatementEntry, type TimelineEntry } from './timeline-entry.ts';

/** One entry in two lines: what it is, and what came of it. */
export function EntryText({ entry }: { readonly entry: TimelineEntry }) {
  switch (entry.kind) {
    case 'statement':
      return <StatementText entry={entry} />;
    case 'channel': {
      const name = channelName(entry);
      return (
        <>
          {entry.command === undefined ? (
            <span className="strong">{name}</span>
          ) : (
            <div className="mono ell evcommand" title={entry.command}>
              {entry.command}
            </div>
          )}
          <Fate refused={entry.refused} words={entry.command === undefined ? '' : name} />
        </>
      );
    }
    case 'file': {
      const words = fileWords(entry);
      return (
        <>
          <div className="ell" title={words}>
            {words}
          </div>
          <Fate refused={entry.refused} words={entry.bytes === undefined ? '' : bytesText(entry.bytes)} />
        </>
      );
    }
    case 'held':
      return (
        <>
          <div className="mono ell evcommand" title={entry.text}>
            {entry.text.slice(0, 500).replaceAll(/\s+/g, ' ')}
          </div>
          <div className="meta">
            <Tag tone="held">
              {entry.waited === undefined ? 'Held' : `Held ${durationText(entry.waited / 1000)}`}
            </Tag>
            <span className="ell">asked {entry.groups.join(', ') || 'reviewers'}</span>
          </div>
        </>
      );
    case 'decided':
      return (
        <>
          <span className="strong">{decidedWords(entry)}</span>
          {entry.reason === undefined ? null : (
            <div className="meta">
              <span className="ell" title={entry.reason}>
                {entry.state === 'denied' || entry.brokenGlass ? `“${entry.reason}”` : entry.reason}
              </span>
            </div>
          )}
        </>
      );
    case 'exit': {
      const { exit, of } = entry;
      return (
        <>
          <span className="strong">{exitTitle(exit, of?.what)}</span>
          <div className="meta">
            <span className="ell num">{exitWords(exit, of?.what)}</span>
          </div>
        </>
      );
    }
    default:
      return (
        <>
          <span className="strong">{entry.title}</span>
          {entry.detail === undefined ? null : (
            <div className="meta">
              <span className="ell" title={entry.detail}>
                {entry.detail}
              </span>
            </div>
          )}
        </>
      );
  }
}

function Fate({ refused, words }: { readonly refused: Refusal | undefined; readonly words: string }) {
  if (refused === undefined) return words === '' ? null : <div className="meta num">{words}</div>;
  return (
    <div className="meta">
      <Tag tone="denied">Refused</Tag>
      <span className="ell" title={refused.reason}>
        {refused.reason}
      </span>
    </div>
  );
}

function StatementText({ entry }: { readonly entry: StatementEntry }) {
  const error = entry.outcomes.find((outcome) => outcome.error)?.error;
  const cancelled = entry.outcomes.some(({ status }) => status === 'cancelled');
  const words = outcomeWords(entry);
  return (
    <>
      <HighlightedSql text={entry.text} line />
      <div className="meta">
        {entry.refused ? (
          <>
            <Tag tone="denied">Refused</Tag>
            <span className="ell">{entry.refused.reason}</span>
          </>
        ) : error ? (
          <>
            <Tag tone="pending">{cancelled ? 'Cancelled' : `Error ${error.code}`}</Tag>
            <span className="ell">{error.message}</span>
          </>
        ) : words === '' ? (
          <span>{entry.prepared ? 'Prepared, not run' : 'No result'}</span>
        ) : (
          <span className="num">{words}</span>
        )}
        {maskedTags(entry)}
      </div>
    </>
  );
}

/** *email masked, pii-email*; beyond two they are counted. */
export function maskedTags(entry: TimelineEntry, most = 2) {
  const masked = maskedIn(entry);
  if (masked.length === 0) return null;
  if (masked.length > most) return <Tag tone="masked">{masked.length} columns masked</Tag>;
  return masked.map(({ column, rule }) => (
    <Tag key={`${column} ${rule}`} tone="masked">
      {column} masked, {rule}
    </Tag>
  ));
}
