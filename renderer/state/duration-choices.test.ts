import { describe, expect, it } from 'vitest';
import { durationChoices, durationProblem, readDuration, shorterChoices } from './duration-choices.ts';

const minutes = (...list: number[]) => list.map((minute) => minute * 60);

describe('durationChoices', () => {
  it.each([
    [120, [15, 30, 60, 120]],
    [60, [15, 30, 60]],
    [30, [15, 30]],
    [10, [10]],
    [45, [15, 30, 45]],
    [480, [60, 120, 240, 480]],
  ])('under a limit of %i min offers %j', (limit, offered) => {
    expect(durationChoices(limit * 60)).toEqual(minutes(...offered));
  });
});

it('offers shorter times that are shorter', () => {
  expect(shorterChoices(120 * 60)).toEqual(minutes(15, 30, 60));
  expect(shorterChoices(15 * 60)).toEqual([]);
});

describe('readDuration', () => {
  it.each([
    ['45', 45 * 60],
    ['45 min', 45 * 60],
    ['45m', 45 * 60],
    ['1h30m', 90 * 60],
    ['1 h 30 min', 90 * 60],
    ['1.5 h', 90 * 60],
    ['1,5 hours', 90 * 60],
    ['2 days', 2 * 86_400],
  ])('reads %s', (text, seconds) => {
    expect(readDuration(text)).toBe(seconds);
  });
  it.each(['', 'soon', '0', '10 parsecs', '1 h later', '-5', '5 mi'])('does not guess at %j', (text) => {
    expect(readDuration(text)).toBeUndefined();
  });
});

it('says why a duration can not be asked for', () => {
  expect(durationProblem(1800, 3600)).toBeUndefined();
  expect(durationProblem(undefined, 3600)).toContain('45 min');
  expect(durationProblem(30, 3600)).toContain('1 min');
  expect(durationProblem(3601, 3600)).toBe('At most 1 h with this profile.');
});
