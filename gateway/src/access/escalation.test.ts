import type { Requirement } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { asked, groupsAsked, nextEscalation } from './escalation.ts';

const CREATED = 1_000_000;
const need = (groups: string[], escalate?: { after: number; groups: string[] }): Requirement => ({
  kind: 'approve',
  count: 1,
  groups,
  policy: groups.join(),
  ...(escalate && { escalate }),
});
const soon = need(['dba'], { after: 60, groups: ['oncall', 'dba'] });
const late = need(['security'], { after: 120, groups: ['board'] });
const never = need(['ops']);
const ticket: Requirement = { kind: 'justify', ticket: true, policy: 'ticket' };

describe('escalation', () => {
  it('adds the groups of what was due by then, once each', () => {
    const at = (seconds: number | undefined) =>
      groupsAsked(
        asked(
          [soon, late, never, ticket],
          CREATED,
          seconds === undefined ? undefined : CREATED + seconds * 1000,
        ),
      );
    expect(at(undefined)).toEqual(['dba', 'security', 'ops']);
    expect(at(59)).toEqual(['dba', 'security', 'ops']);
    expect(at(60)).toEqual(['dba', 'oncall', 'security', 'ops']);
    expect(at(120)).toEqual(['dba', 'oncall', 'security', 'board', 'ops']);
  });

  it('is next when the nearest is due that has not been', () => {
    const next = (escalatedAt?: number) => nextEscalation([late, soon, never, ticket], CREATED, escalatedAt);
    expect(next()).toBe(CREATED + 60_000);
    expect(next(CREATED + 60_000)).toBe(CREATED + 120_000);
    expect(next(CREATED + 120_000)).toBeUndefined();
    expect(nextEscalation([never], CREATED, undefined)).toBeUndefined();
  });
});
