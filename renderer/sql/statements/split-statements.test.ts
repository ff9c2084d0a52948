import { describe, expect, it } from 'vitest';
import { splitStatements, statementAt } from './split-statements.ts';

const split = (text: string) => splitStatements(text).map(({ from, to }) => text.slice(from, to));

describe('splitStatements', () => {
  it.each([
    ['nothing', ' ;; -- only a comment\n ;', []],
    ['two', 'select 1; select 2', ['select 1', 'select 2']],
    ['strings', "select ';''', ';'; select '';", ["select ';''', ';'", "select ''"]],
    ['escape strings', "select E'\\';', 1; select 2", ["select E'\\';', 1", 'select 2']],
    ['plain strings keep backslashes', "select '\\'; select 2", ["select '\\'", 'select 2']],
    ['identifiers', 'select ";""" from t; x', ['select ";""" from t', 'x']],
    ['line comments', 'select 1 -- ; no\n, 2; select 3', ['select 1 -- ; no\n, 2', 'select 3']],
    ['nested comments', 'select /* a /* ; */ ; */ 1; b', ['select /* a /* ; */ ; */ 1', 'b']],
    ['a comment before is not the statement', '-- why\nselect 1;', ['select 1']],
    [
      'dollar quotes',
      'do $$ begin; $a$ ; $$; do $a$ $$;$a$ ; c',
      ['do $$ begin; $a$ ; $$', 'do $a$ $$;$a$', 'c'],
    ],
    ['parameters are no dollar quotes', 'select $1; select $2', ['select $1', 'select $2']],
    ['a dollar inside a word', 'select a$b$; select 1', ['select a$b$', 'select 1']],
    [
      'rules in parentheses',
      'create rule r as on insert to t do (a; b); c',
      ['create rule r as on insert to t do (a; b)', 'c'],
    ],
    ['an open string', "select 'a; b", ["select 'a; b"]],
    [
      'SQL bodies',
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      [
        'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'select 3',
      ],
    ],
    ['transactions', 'begin; select 1; end; select 2', ['begin', 'select 1', 'end', 'select 2']],
  ])('%s', (_what, text, expected) => {
    expect(split(text)).toEqual(expected);
  });
});

describe('statementAt', () => {
  const text = 'select 1;\n\n-- next\nselect 2; select 3';
  const at = (cursor: number) => {
    const found = statementAt(splitStatements(text), cursor);
    return found && text.slice(found.from, found.to);
  };
  it('is the one around or right before the cursor', () => {
    expect(at(0)).toBe('select 1');
    expect(at(9)).toBe('select 1');
    expect(at(text.indexOf('select 2') + 3)).toBe('select 2');
    expect(at(text.length)).toBe('select 3');
  });
  it('is the next one for a cursor in the comment above it', () => {
    expect(at(text.indexOf('next'))).toBe('select 2');
  });
  it('is none in an empty text', () => {
    expect(statementAt([], 0)).toBeUndefined();
  });
});
