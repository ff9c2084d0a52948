import type { ProfileAccess } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import type { SqlError } from '../../../main/ipc/sql-port.ts';
import { people } from '../../dev/people.ts';
import { at, commandReview } from '../../test-support/objects.ts';
import { explainRefusal, reviewRefusal } from './refusal.ts';

const error = (message: string, hint?: string): SqlError => ({
  code: '42501',
  severity: 'ERROR',
  message: `drawbridge: ${message}`,
  refused: true,
  ...(hint !== undefined && { hint }),
});
const profile = (
  name: string,
  allow: string[],
  access: ProfileAccess['access'] = 'review',
): ProfileAccess => ({
  name,
  allow,
  access,
  maxDuration: 3600,
  needs: [],
  policies: [],
});
const resource = { profiles: [profile('read', ['sql.read']), profile('write', ['sql.read', 'sql.write'])] };
const ceiling = "the read profile of orders-db doesn't allow sql.write on public.payments";

describe('explainRefusal', () => {
  it('names what the statement is, what it needs and who may give it', () => {
    expect(explainRefusal(error(ceiling), 'delete from payments', resource)).toEqual({
      title: "Not run: the read profile doesn't allow DELETE on payments",
      needs: { action: 'sql.write', object: 'public.payments' },
      decidedBy: 'profile read',
      profile: 'write',
    });
  });
  it('offers no profile that policy denies', () => {
    const denied = { profiles: [profile('write', ['sql.write'], 'denied')] };
    expect(explainRefusal(error(ceiling), undefined, denied)).not.toHaveProperty('profile');
  });
  it("names the rule of a masked column and takes over the gateway's hint", () => {
    const refusal = explainRefusal(
      error(
        'column public.customers.ssn is masked by rule customer-pii and can only be selected as it is',
        'Select it plain.',
      ),
      'select upper(ssn) from customers',
      resource,
    );
    expect(refusal).toMatchObject({ decidedBy: 'rule customer-pii', hint: 'Select it plain.' });
    expect(refusal).not.toHaveProperty('rewrite');
  });
  it('takes a whole statement in the hint as a rewrite', () => {
    expect(
      explainRefusal(error('no', 'Run `SELECT id FROM customers` instead.'), 'x', resource).rewrite,
    ).toBe('SELECT id FROM customers');
  });
  it('repeats any other reason as it is', () => {
    expect(explainRefusal(error('the SQL parser is restarting'), 'x', undefined)).toEqual({
      title: 'Not run: the SQL parser is restarting',
    });
  });
});

describe('reviewRefusal', () => {
  it('names who decided against it, in their own words', () => {
    const votes = [
      { reviewer: people.bob, verdict: 'deny' as const, reason: 'Use the refunds page.', createdAt: at(0) },
    ];
    expect(reviewRefusal(commandReview(1, { state: 'denied', votes }))).toEqual({
      title: 'Not run: Bob Okafor denied it',
      said: 'Use the refunds page.',
      decidedBy: 'policy prod-needs-dba',
    });
  });

  it('says that nobody decided in time', () => {
    expect(reviewRefusal(commandReview(1, { state: 'expired' }))?.title).toBe(
      'Not run: nobody decided in time',
    );
  });

  it('leaves other refusals to their own words', () => {
    expect(reviewRefusal(commandReview(1, { state: 'approved' }))).toBeUndefined();
    expect(reviewRefusal(undefined)).toBeUndefined();
  });
});
