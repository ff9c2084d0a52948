import type { PolicyStep } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { actionText, decidedBy, verdictTag } from './step-words.ts';

const dba: PolicyStep['needs'][number] = { kind: 'approve', count: 1, groups: ['dba'], policy: 'p' };

describe('an answer of policy, in words', () => {
  it('names who has to approve', () => {
    expect(verdictTag({ verdict: 'needs', needs: [dba] })).toEqual({
      tone: 'pending',
      text: 'One of dba has to approve',
    });
  });

  it('asks for a ticket only where nobody has to approve', () => {
    const ticket: PolicyStep['needs'][number] = { kind: 'justify', ticket: true, policy: 'p' };
    expect(verdictTag({ verdict: 'needs', needs: [ticket] }).text).toBe('Needs a ticket in the reason');
    expect(verdictTag({ verdict: 'needs', needs: [{ ...ticket, ticket: false }] }).text).toBe(
      'Needs a reason',
    );
    expect(verdictTag({ verdict: 'needs', needs: [ticket, dba] }).text).toBe('One of dba has to approve');
  });

  it('says yes and no without colour alone', () => {
    expect(verdictTag({ verdict: 'allow', needs: [] })).toEqual({ tone: 'active', text: 'Allowed' });
    expect(verdictTag({ verdict: 'deny', needs: [] })).toEqual({ tone: 'denied', text: 'Not allowed' });
  });

  it('tells policies, the profile and the lack of a permit apart', () => {
    const policies: PolicyStep['policies'] = [
      { id: 'a', effect: 'permit' },
      { id: 'b#1', effect: 'forbid' },
    ];
    expect(decidedBy({ policies })).toBe('a, b#1');
    expect(decidedBy({ policies, profile: true })).toBe('the profile');
    expect(decidedBy({ policies: [] })).toBe('no policy permits it');
  });

  it('shows an action that this release has no words for by its name', () => {
    expect(actionText('sql.write')).toBe('Change rows');
    expect(actionText('redis.read')).toBe('redis.read');
  });
});
