import type { Requirement, Review } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { people } from '../dev/people.ts';
import {
  approvalsNeeded,
  glassGroups,
  mayBreakGlass,
  needsLeft,
  needsSentence,
  needsTicket,
  waitingFor,
} from './needs-text.ts';

const approve = (count: number, ...groups: string[]): Requirement => ({
  kind: 'approve',
  count,
  groups,
  policy: 'p',
});
const ticket: Requirement = { kind: 'justify', ticket: true, policy: 'p' };
const by = (reviewer: Review['reviewer'], verdict: Review['verdict'] = 'approve') =>
  ({ reviewer, verdict }) as Review;

describe('needsSentence', () => {
  it.each([
    [[], 'Granted at once'],
    [[ticket], 'Granted at once'],
    [[approve(1, 'dba')], 'One of dba has to approve'],
    [[approve(2, 'dba', 'security')], 'Two of dba, security have to approve'],
    [[approve(1, 'dba'), ticket, approve(1, 'security')], 'One of dba and one of security have to approve'],
  ])('reads %j', (needs, text) => {
    expect(needsSentence(needs)).toBe(text);
  });
});

describe('needsLeft', () => {
  it('counts people who approved, each once', () => {
    const needs = [approve(2, 'dba', 'security')];
    expect(needsLeft(needs, [])).toBe('Two of dba, security');
    expect(needsLeft(needs, [by(people.carol), by(people.carol)])).toBe('1 more of dba, security');
    expect(needsLeft(needs, [by(people.carol), by(people.bob)])).toBe('Nothing more');
  });
  it('does not take a denial for an approval', () => {
    expect(needsLeft([approve(1, 'dba')], [by(people.bob, 'deny')])).toBe('One of dba');
  });
  it('names all requirements where an approval may count for either', () => {
    expect(needsLeft([approve(1, 'dba'), approve(1, 'security')], [by(people.bob)])).toBe(
      'One of dba and one of security',
    );
  });
});

it('says whom a request waits for, each group once', () => {
  expect(waitingFor([approve(1, 'dba'), approve(1, 'dba', 'security')])).toBe('dba, security');
  expect(waitingFor([ticket])).toBe('a reviewer');
});

it('knows about tickets and how many people it takes', () => {
  expect(needsTicket([approve(1, 'dba')])).toBe(false);
  expect(needsTicket([approve(1, 'dba'), ticket])).toBe(true);
  expect(approvalsNeeded([approve(2, 'dba'), ticket, approve(1, 'security')])).toBe(3);
});

describe('breaking the glass', () => {
  const glass = (...groups: string[]): Requirement => ({
    kind: 'approve',
    count: 1,
    groups: ['dba'],
    policy: 'p',
    ...(groups.length > 0 && { breakGlass: groups }),
  });
  it('is offered where each approval offers it, and never where nobody has to approve', () => {
    expect(mayBreakGlass([glass('security')])).toBe(true);
    expect(mayBreakGlass([glass('security'), glass()])).toBe(false);
    expect(mayBreakGlass([])).toBe(false);
    expect(mayBreakGlass([{ kind: 'justify', ticket: true, policy: 'p' }])).toBe(false);
  });
  it('names each group that is told once', () => {
    expect(glassGroups([glass('security', 'dba'), glass('security')])).toEqual(['security', 'dba']);
  });
});
