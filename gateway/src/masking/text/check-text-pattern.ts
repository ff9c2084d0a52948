import { RE2JS, RE2JSException } from 're2js';
import { partialPattern } from './partial-pattern.ts';
import { PATTERN_FLAGS } from './pattern-finder.ts';

/** What is wrong with the pattern of a data rule, as a sentence's end; undefined where it can be used. */
export function checkTextPattern(pattern: string): string | undefined {
  try {
    const compiled = RE2JS.compile(pattern, PATTERN_FLAGS);
    RE2JS.compile(partialPattern(pattern), PATTERN_FLAGS);
    return compiled.matches('') ? 'must not match an empty text' : undefined;
  } catch (error) {
    if (error instanceof RE2JSException)
      return `must be a regular expression as RE2 takes it: ${error.message}`;
    throw error;
  }
}
