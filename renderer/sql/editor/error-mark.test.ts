import { EditorState, type TransactionSpec } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { describe, expect, it } from 'vitest';
import { errorMarks, markError, runBegan } from './error-mark.ts';

/** The part of a view that keeps a state. */
function editing(doc: string) {
  let state = EditorState.create({ doc, extensions: errorMarks });
  return {
    get state() {
      return state;
    },
    dispatch: ((spec: TransactionSpec) => {
      state = state.update(spec).state;
    }) as EditorView['dispatch'],
    text: (range: { from: number; to: number } | undefined) => range && state.sliceDoc(range.from, range.to),
  };
}

describe('marking an error', () => {
  const text = '-- first\nSELECT stauts FROM payments';
  const run = { from: 9, to: text.length };

  it('finds its place in the document from its place in what ran', () => {
    const view = editing(text);
    runBegan(view, run);
    expect(view.text(markError(view, { from: 7, to: 13 }))).toBe('stauts');
  });

  it('follows what was typed before it while it ran', () => {
    const view = editing(text);
    runBegan(view, run);
    view.dispatch({ changes: { from: 0, insert: '-- one more line\n' } });
    expect(view.text(markError(view, { from: 7, to: 13 }))).toBe('stauts');
  });

  it('marks nothing when the statement is gone, or nothing ran', () => {
    const view = editing(text);
    expect(markError(view, { from: 7, to: 13 })).toBeUndefined();
    runBegan(view, run);
    view.dispatch({ changes: { from: 0, to: text.length } });
    expect(markError(view, { from: 7, to: 13 })).toBeUndefined();
  });
});
