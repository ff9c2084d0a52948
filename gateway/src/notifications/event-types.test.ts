import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, isSelected } from './event-types.ts';

const ACCESS = new URL('../access/', import.meta.url);

/** The actions that the access room names in full where it announces them. */
function announced(): string[] {
  const files = readdirSync(ACCESS).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const text = files.map((name) => readFileSync(new URL(name, ACCESS), 'utf8')).join('\n');
  return [...text.matchAll(/action: '((?:request|grant|command|document)\.[a-z-]+)'/g)].map(
    ([, action = '']) => action,
  );
}

/** Written to the audit log alone: it follows from an approval, and changes no state of its own. */
const NOT_TOLD = ['command.released'];

describe('events', () => {
  it('can all be selected by name', () => {
    expect(announced()).not.toEqual([]);
    const unknown = announced().filter((action) => ![...EVENT_TYPES, ...NOT_TOLD].includes(action));
    expect(unknown).toEqual([]);
  });

  it.each([
    [['all'], 'grant.revoked', true],
    [['grant'], 'grant.revoked', true],
    [['grant.revoked'], 'grant.revoked', true],
    [['grant.created', 'request'], 'grant.revoked', false],
    [['grant'], 'grants.revoked', false],
  ])('%j and %s: %s', (selection, type, told) => {
    expect(isSelected(selection, type)).toBe(told);
  });
});
