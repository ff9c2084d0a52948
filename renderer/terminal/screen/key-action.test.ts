import { expect, it } from 'vitest';
import { keyAction } from './key-action.ts';

const key = (combination: string) => {
  const parts = combination.split(' ');
  return {
    key: parts.at(-1) ?? '',
    ctrlKey: parts.includes('Ctrl'),
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
    metaKey: parts.includes('Meta'),
  };
};

it.each([
  ['linux', 'Ctrl c', 'program'],
  ['linux', 'Ctrl Shift C', 'copy'],
  ['linux', 'Ctrl v', 'program'],
  ['linux', 'Ctrl Shift V', 'paste'],
  ['linux', 'Shift Insert', 'paste'],
  ['linux', 'Ctrl k', 'program'],
  ['linux', 'Ctrl w', 'program'],
  ['linux', 'Ctrl f', 'program'],
  ['linux', 'Ctrl Shift K', 'app'],
  ['linux', 'Ctrl Shift W', 'app'],
  ['linux', 'Ctrl Shift F', 'find'],
  ['linux', 'Ctrl 3', 'app'],
  ['linux', 'Ctrl =', 'bigger'],
  ['linux', 'Ctrl Shift +', 'bigger'],
  ['linux', 'Ctrl -', 'smaller'],
  ['linux', 'Ctrl 0', 'usual-size'],
  ['linux', 'Alt 1', 'program'],
  ['linux', 'a', 'program'],
  ['win32', 'Ctrl v', 'paste'],
  ['win32', 'Ctrl c', 'program'],
  ['darwin', 'Ctrl c', 'program'],
  ['darwin', 'Meta c', 'copy'],
  ['darwin', 'Meta v', 'paste'],
  ['darwin', 'Meta f', 'find'],
  ['darwin', 'Meta k', 'app'],
  ['darwin', 'Ctrl 1', 'program'],
] as const)('on %s %s is for: %s', (platform, combination, action) => {
  expect(keyAction(key(combination), platform, false)).toBe(action);
});

it('copies by Ctrl+C on Windows where something is selected', () => {
  expect(keyAction(key('Ctrl c'), 'win32', true)).toBe('copy');
  expect(keyAction(key('Ctrl c'), 'linux', true)).toBe('program');
});
