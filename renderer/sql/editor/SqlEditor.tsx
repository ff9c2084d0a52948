import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import type { SchemaTable } from '../../../main/ipc/sql-port.ts';
import type { StatementRange } from '../statements/split-statements.ts';
import { editorTheme } from './editor-theme.ts';
import { errorMarks, markError, runBegan } from './error-mark.ts';
import { sqlLanguage } from './schema-completion.ts';

/** What others ask of the editor. */
export interface EditorHandle {
  readonly text: () => string;
  readonly selection: () => StatementRange;
  readonly began: (range: StatementRange) => void;
  /** Underlines a place of the text that ran and answers its line, from 1. */
  readonly markError: (within: StatementRange) => number | undefined;
  /** Puts text in place of a range, or of all. */
  readonly replace: (text: string, range?: StatementRange) => void;
  /** Puts text where the cursor is. */
  readonly insert: (text: string) => void;
  readonly focus: () => void;
}

export interface Cursor {
  readonly line: number;
  readonly column: number;
  readonly selected: boolean;
}

interface SqlEditorProps {
  readonly handle: RefObject<EditorHandle | null>;
  readonly initial: string;
  readonly schema: readonly SchemaTable[] | undefined;
  readonly label: string;
  readonly onChange: (text: string) => void;
  readonly onCursor: (cursor: Cursor) => void;
  readonly onRun: () => void;
  readonly onRunAll: () => void;
  /** Esc, where nothing in the editor takes it. @returns whether it meant something. */
  readonly onEscape: () => boolean;
}

/**
 * CodeMirror in a shadow root: there it puts its rules into `adoptedStyleSheets`, and the page's policy needs no
 * exception for a <style> element. Uncontrolled: typing renders nothing in React but what `onCursor` changes.
 */
export function SqlEditor({
  handle,
  initial,
  schema,
  label,
  onChange,
  onCursor,
  onRun,
  onRunAll,
  onEscape,
}: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const language = useRef(new Compartment());
  const calls = useRef({ onChange, onCursor, onRun, onRunAll, onEscape });
  calls.current = { onChange, onCursor, onRun, onRunAll, onEscape };
  const first = useRef({ initial, label });

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open', delegatesFocus: true });
    const run = (what: 'onRun' | 'onRunAll') => () => {
      calls.current[what]();
      return true;
    };
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current.initial,
        extensions: [
          Prec.highest(
            keymap.of([
              { key: 'Mod-Enter', run: run('onRun') },
              { key: 'Mod-Shift-Enter', run: run('onRunAll') },
            ]),
          ),
          lineNumbers(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, maxRenderedOptions: 60 }),
          highlightSelectionMatches(),
          search({ top: false }),
          indentUnit.of('  '),
          placeholder('Write SQL. Tab leaves the editor after Esc.'),
          language.current.of(sqlLanguage([])),
          errorMarks,
          editorTheme,
          EditorState.allowMultipleSelections.of(true),
          EditorView.contentAttributes.of({ 'aria-label': first.current.label }),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...defaultKeymap,
            indentWithTab,
          ]),
          // After completion and search, which close with the same key.
          Prec.lowest(keymap.of([{ key: 'Escape', run: () => calls.current.onEscape() }])),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) calls.current.onChange(update.state.doc.toString());
            if (update.docChanged || update.selectionSet) calls.current.onCursor(cursorOf(update.state));
          }),
        ],
      }),
    });
    view.current = editor;
    calls.current.onCursor(cursorOf(editor.state));
    return () => {
      view.current = null;
      first.current = { ...first.current, initial: editor.state.doc.toString() };
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(sqlLanguage(schema ?? [])) });
  }, [schema]);

  useImperativeHandle(handle, () => handleOf(view), []);
  return <div ref={host} className="sqleditor" />;
}

function cursorOf(state: EditorState): Cursor {
  const { main } = state.selection;
  const line = state.doc.lineAt(main.head);
  return { line: line.number, column: main.head - line.from + 1, selected: !main.empty };
}

const handleOf = (view: RefObject<EditorView | null>): EditorHandle => ({
  text: () => view.current?.state.doc.toString() ?? '',
  selection: () => view.current?.state.selection.main ?? { from: 0, to: 0 },
  began: (range) => {
    if (view.current === null) return;
    closeCompletion(view.current);
    runBegan(view.current, range);
  },
  markError: (within) => {
    const editor = view.current;
    const range = editor && markError(editor, within);
    return range ? editor.state.doc.lineAt(range.from).number : undefined;
  },
  replace: (text, range) => {
    const editor = view.current;
    if (editor === null) return;
    const from = range?.from ?? 0;
    const to = Math.min(range?.to ?? editor.state.doc.length, editor.state.doc.length);
    editor.dispatch({
      changes: { from, to, insert: text },
      selection: { anchor: from + text.length },
      scrollIntoView: true,
    });
    editor.focus();
  },
  insert: (text) => {
    const editor = view.current;
    if (editor === null) return;
    editor.dispatch(editor.state.replaceSelection(text));
    editor.focus();
  },
  focus: () => view.current?.focus(),
});
