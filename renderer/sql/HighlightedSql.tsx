import { PostgreSQL } from '@codemirror/lang-sql';
import { highlightCode, tagHighlighter, tags } from '@lezer/highlight';
import { memo, type ReactNode } from 'react';
import './highlighted-sql.css';

const classes = tagHighlighter([
  { tag: [tags.keyword, tags.typeName, tags.bool, tags.null], class: 'k' },
  { tag: [tags.string, tags.special(tags.string)], class: 'st' },
  { tag: tags.number, class: 'n' },
  { tag: tags.standard(tags.name), class: 'fn' },
  { tag: [tags.lineComment, tags.blockComment], class: 'cm' },
  { tag: [tags.operator, tags.punctuation, tags.paren, tags.squareBracket], class: 'p' },
]);

/** Longer texts are shown without colours: highlighting them would take longer than reading a line. */
const MOST = 50_000;

interface HighlightedSqlProps {
  readonly text: string;
  /** On one line, its white space folded, cut off at its end. */
  readonly line?: boolean;
  readonly numbers?: boolean;
}

/** SQL to read, in the colours of the editor. */
export const HighlightedSql = memo(function HighlightedSql({
  text,
  line = false,
  numbers = false,
}: HighlightedSqlProps) {
  const shown = line ? text.slice(0, 500).replace(/\s+/g, ' ').trim() : text;
  const lines = shown.length > MOST ? shown.split('\n').map((plain) => [plain]) : highlighted(shown);
  return (
    <code className={line ? 'code ell' : 'code selectable'}>
      {lines.map((parts, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have no other name
        <span key={index} className="cl">
          {numbers ? <span className="ln">{index + 1}</span> : null}
          {parts}
          {index < lines.length - 1 ? '\n' : ''}
        </span>
      ))}
    </code>
  );
});

function highlighted(text: string): ReactNode[][] {
  const lines: ReactNode[][] = [[]];
  const put = (piece: string, style: string) => {
    const line = lines.at(-1);
    line?.push(
      style === '' ? (
        piece
      ) : (
        <span key={line.length} className={style}>
          {piece}
        </span>
      ),
    );
  };
  highlightCode(text, PostgreSQL.language.parser.parse(text), classes, put, () => lines.push([]));
  return lines;
}
