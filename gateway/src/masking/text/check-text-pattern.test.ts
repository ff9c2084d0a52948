import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { checkTextPattern } from './check-text-pattern.ts';
import { partialPattern } from './partial-pattern.ts';

describe('checkTextPattern', () => {
  test.each(['EMP-\\d{6}', '(?i)secret\\s*=\\s*\\S+', '[[:alpha:]]{3}|\\p{Greek}+', '\\Qa.b\\E'])(
    'takes %s',
    (pattern) => {
      expect(checkTextPattern(pattern)).toBeUndefined();
    },
  );

  test.each([
    ['(a', /RE2.*missing closing/],
    ['(a)\\1', /RE2.*invalid escape/],
    ['a(?=b)', /RE2/],
    ['a{1,5000}', /RE2.*repeat/],
    ['a*', /empty/],
    ['^', /empty/],
  ])('refuses %s', (pattern, message) => {
    expect(checkTextPattern(pattern)).toMatch(message);
  });
});

describe('partialPattern', () => {
  test.each([
    ['abc', 'xxab', 2],
    ['a[]x-]{2}\\d+', '..a]', 2],
    ['(?:foo|ba(r))\\b', 'a ba', 2],
    ['\\Qa.b\\E!', '-a.', 1],
    ['x-\\b\\d', 'x-', 0],
    ['\\p{Greek}{2}', 'aγ', 1],
    ['(?P<n>[[:digit:]a])\\x{41}', '..9', 2],
    ['(?i)KEY=\\S', 'my key', 3],
    ['abc', 'xxabx', 5],
  ])('of %s begins in %j at %i', (pattern, text, start) => {
    const matcher = RE2JS.compile(partialPattern(pattern), RE2JS.LONGEST_MATCH).matcher(text);
    expect(matcher.find()).toBe(true);
    expect(matcher.start()).toBe(start);
  });
});
