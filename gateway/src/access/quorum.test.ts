import { describe, expect, it } from 'vitest';
import { canApprove, unmetApprovals } from './quorum.ts';

const approve = (count: number, ...groups: string[]) => ({
  kind: 'approve' as const,
  count,
  groups,
  policy: `p-${groups.join('-')}`,
});
const by = (reviewerId: string, ...groups: string[]) => ({ reviewerId, groups });

describe('unmetApprovals', () => {
  it('needs nothing where nothing is asked', () => {
    expect(unmetApprovals([], [])).toEqual([]);
  });

  it('counts somebody in all of the groups once', () => {
    expect(
      unmetApprovals([approve(2, 'dba', 'security')], [by('bob', 'dba', 'security', 'ops')]),
    ).toHaveLength(1);
  });

  it('counts the same person twice once', () => {
    expect(unmetApprovals([approve(2, 'dba')], [by('bob', 'dba'), by('bob', 'dba')])).toHaveLength(1);
  });

  it('is met by two people from any of the groups', () => {
    expect(
      unmetApprovals([approve(2, 'dba', 'security')], [by('bob', 'dba'), by('carol', 'security')]),
    ).toEqual([]);
  });

  it('does not count somebody from no group that is named', () => {
    expect(unmetApprovals([approve(1, 'dba')], [by('dan'), by('alice', 'engineering')])).toHaveLength(1);
  });

  it('weighs each requirement by itself', () => {
    const needs = [approve(1, 'dba'), approve(1, 'security')];
    expect(unmetApprovals(needs, [by('bob', 'dba')])).toEqual([needs[1]]);
  });
});

it('canApprove is true only for groups that are named', () => {
  expect(canApprove([approve(1, 'dba')], ['ops', 'dba'])).toBe(true);
  expect(canApprove([approve(1, 'dba')], ['ops'])).toBe(false);
  expect(canApprove([{ kind: 'justify', ticket: true, policy: 'p' }], ['dba'])).toBe(false);
});
