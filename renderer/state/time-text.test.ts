import { describe, expect, it } from 'vitest';
import {
  ageText,
  agoText,
  countdownText,
  dateText,
  durationText,
  isToday,
  leftText,
  momentText,
} from './time-text.ts';

const now = Date.parse('2026-03-12T14:05:30.000Z');

describe('durationText', () => {
  it.each([
    [45, '45 s'],
    [60, '1 min'],
    [41 * 60, '41 min'],
    [5400, '90 min'],
    [3600, '1 h'],
    [7200, '2 h'],
    [7260, '2 h 1 min'],
    [86_400, '24 h'],
    [3 * 86_400, '3 d'],
    [50 * 3600, '2 d 2 h'],
    [0, '0 s'],
  ])('says %i seconds as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('leftText', () => {
  it('counts whole minutes that are left, never one too many', () => {
    expect(leftText(41 * 60 + 59)).toBe('41 min');
    expect(leftText(3599)).toBe('59 min');
  });
  it('counts seconds in the last five minutes', () => {
    expect(leftText(300)).toBe('5 min');
    expect(leftText(299.9)).toBe('4:59');
    expect(leftText(5)).toBe('0:05');
    expect(leftText(-3)).toBe('0:00');
  });
});

it('counts down with hours where there are any', () => {
  expect(countdownText(41 * 60 + 12)).toBe('41:12');
  expect(countdownText(3725)).toBe('1:02:05');
});

it('says how long ago', () => {
  expect(ageText('2026-03-12T14:05:00.000Z', now)).toBe('now');
  expect(ageText('2026-03-12T14:02:30.000Z', now)).toBe('3 min');
  expect(ageText('2026-03-12T11:05:30.000Z', now)).toBe('3 h');
  expect(agoText('2026-03-12T14:02:30.000Z', now)).toBe('3 min ago');
  expect(agoText('2026-03-12T14:06:30.000Z', now)).toBe('just now');
});

it('names the day only where it is another one', () => {
  expect(momentText('2026-03-12T13:41:00.000Z', now)).toBe('13:41');
  expect(momentText('2026-03-13T14:01:00.000Z', now)).toBe('tomorrow 14:01');
  expect(momentText('2026-03-11T23:59:00.000Z', now)).toBe('yesterday 23:59');
  expect(momentText('2026-03-09T08:00:00.000Z', now)).toBe('9 Mar 08:00');
  expect(dateText('2025-12-31T08:00:00.000Z', now)).toBe('31 Dec 2025');
  expect(isToday('2026-03-12T00:00:00.000Z', now)).toBe(true);
  expect(isToday('2026-03-11T23:59:59.999Z', now)).toBe(false);
});
