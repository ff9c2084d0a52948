import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** SQL in the colours of the tokens; the variables come in from the page, so that a change of theme needs nothing here. */
export const sqlHighlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.typeName, tags.bool, tags.null], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: [tags.standard(tags.name), tags.function(tags.variableName)], color: 'var(--code-func)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--code-comment)' },
  {
    tag: [tags.operator, tags.punctuation, tags.paren, tags.squareBracket, tags.separator],
    color: 'var(--code-punct)',
  },
  { tag: [tags.name, tags.special(tags.name)], color: 'var(--code-ident)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--bg-surface)', color: 'var(--code-ident)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    font: 'var(--text-code)',
    fontSize: '13px',
    letterSpacing: '0',
    fontVariantLigatures: 'none',
    fontFeatureSettings: "'calt' 0",
  },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 14px 0 0' },
  '.cm-gutters': { backgroundColor: 'var(--bg-surface)', color: 'var(--text-3)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '36px', padding: '0 14px 0 0' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--bg-hover)' },
  '.cm-activeLineGutter': { color: 'var(--text-2)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'var(--bg-selected)',
  },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--bg-active) 50%, transparent)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--bg-active)',
    outline: 'none',
  },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': {
    backgroundColor: 'transparent',
    color: 'var(--denied)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--bg-active)' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-sqlError': { textDecoration: 'underline wavy var(--denied-mark) 1.2px', textUnderlineOffset: '4px' },
  '.cm-tooltip': {
    border: '0',
    borderRadius: 'var(--r-3)',
    backgroundColor: 'var(--bg-raised)',
    color: 'var(--text)',
    boxShadow: '0 0 0 1px var(--border), var(--shadow-2)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    font: 'var(--text-code-sm)',
    padding: '4px',
    maxHeight: '218px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '3px 8px',
    borderRadius: '5px',
    display: 'flex',
    gap: '12px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--bg-active)',
    color: 'var(--text)',
  },
  '.cm-completionIcon': { display: 'none' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-text)' },
  '.cm-completionDetail': { marginLeft: 'auto', color: 'var(--text-3)', fontStyle: 'normal' },
  '.cm-panels': {
    backgroundColor: 'var(--bg-inset)',
    color: 'var(--text)',
    borderTop: '1px solid var(--border)',
    font: 'var(--text-meta)',
  },
  '.cm-panels input, .cm-panels button': { font: 'inherit', color: 'inherit' },
  '.cm-textfield': {
    backgroundColor: 'var(--bg-surface)',
    border: '1px solid var(--border-strong)',
    borderRadius: 'var(--r-1)',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--bg-raised)',
    border: '1px solid var(--border)',
    borderRadius: 'var(--r-1)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--pending-soft)', outline: '1px solid var(--pending-line)' },
  '.cm-searchMatch-selected': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--accent-line)',
  },
  '&:focus-visible': { outline: 'none' },
});

export const editorTheme = [look, syntaxHighlighting(sqlHighlight)];
