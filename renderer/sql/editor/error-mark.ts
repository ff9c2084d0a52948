import { StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { StatementRange } from '../statements/split-statements.ts';

/** Where the text that runs stands; what is typed while it runs moves it along. */
const began = StateEffect.define<StatementRange | undefined>();
const marked = StateEffect.define<StatementRange | undefined>();

const runRange = StateField.define<StatementRange | undefined>({
  create: () => undefined,
  update(range, transaction) {
    for (const effect of transaction.effects) if (effect.is(began)) return effect.value;
    if (range === undefined || !transaction.docChanged) return range;
    return { from: transaction.changes.mapPos(range.from, 1), to: transaction.changes.mapPos(range.to, -1) };
  },
});

const underline = Decoration.mark({ class: 'cm-sqlError', attributes: { 'aria-invalid': 'true' } });

const errorMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(began)) return Decoration.none;
      if (effect.is(marked)) {
        const range = effect.value;
        return range === undefined ? Decoration.none : Decoration.set(underline.range(range.from, range.to));
      }
    }
    // Whoever edits the place has seen it.
    const touched =
      transaction.docChanged && touches(marks, transaction.changes.touchesRange.bind(transaction.changes));
    return touched ? Decoration.none : marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function touches(marks: DecorationSet, within: (from: number, to: number) => boolean | 'cover'): boolean {
  const cursor = marks.iter();
  return cursor.value !== null && within(cursor.from, cursor.to) !== false;
}

export const errorMarks = [runRange, errorMark];

/** Remembers that the text in `range` runs, and forgets an earlier error. */
export function runBegan(view: Pick<EditorView, 'dispatch'>, range: StatementRange): void {
  view.dispatch({ effects: began.of(range) });
}

/**
 * Underlines what an error is about.
 * @param within place in the text that ran, see `errorRange`.
 * @returns where that is in the document now; undefined where it was edited away.
 */
export function markError(
  view: Pick<EditorView, 'state' | 'dispatch'>,
  within: StatementRange,
): StatementRange | undefined {
  const run = view.state.field(runRange, false);
  if (run === undefined) return undefined;
  const range = clamp({ from: run.from + within.from, to: run.from + within.to }, view.state.doc);
  if (range.from >= range.to || range.from > run.to) return undefined;
  view.dispatch({ effects: marked.of(range) });
  return range;
}

const clamp = ({ from, to }: StatementRange, document: Text): StatementRange => ({
  from: Math.min(from, document.length),
  to: Math.min(to, document.length),
});
