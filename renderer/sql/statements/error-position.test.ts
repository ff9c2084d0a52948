import { describe, expect, it } from 'vitest';
import { errorRange } from './error-position.ts';

const marked = (text: string, position: number) => {
  const range = errorRange(text, position);
  return range && text.slice(range.from, range.to);
};

describe('errorRange', () => {
  it('marks the word at the position', () => {
    expect(marked('SELECT stauts FROM payments', 8)).toBe('stauts');
    expect(marked('SELECT "a b" FROM t', 8)).toBe('"a b"');
    expect(marked('SELECT 1 +) 2', 11)).toBe(')');
  });
  it('counts characters, not code units', () => {
    expect(marked("SELECT '😀😀', stauts", 14)).toBe('stauts');
    expect(marked('SELECT 😀', 8)).toBe('😀');
  });
  it('marks the last word where the input ended too early', () => {
    expect(marked('SELECT a FROM \n', 16)).toBe('FROM');
  });
  it('marks nothing without a place', () => {
    expect(errorRange('SELECT 1', 0)).toBeUndefined();
    expect(errorRange('', 1)).toBeUndefined();
  });
});
