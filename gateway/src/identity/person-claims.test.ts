import { describe, expect, it } from 'vitest';
import { personFromClaims } from './person-claims.ts';

const settings = { provider: 'company' };

describe('personFromClaims', () => {
  it('reads name, e-mail and groups', () => {
    expect(
      personFromClaims(
        {
          sub: '7',
          name: 'Alice Moreau',
          preferred_username: 'alice',
          email: 'a@x.example',
          groups: ['b', 'a', 'b'],
          auth_time: 10,
          amr: ['pwd', 'otp'],
        },
        settings,
      ),
    ).toEqual({
      provider: 'company',
      subject: '7',
      name: 'alice',
      displayName: 'Alice Moreau',
      email: 'a@x.example',
      emailVerified: false,
      groups: ['a', 'b'],
      authTime: new Date(10_000),
      amr: ['pwd', 'otp'],
    });
  });

  it.each([
    [{ email_verified: true }, {}, true],
    [{ email_verified: false }, {}, false],
    // A text is no answer to whether it was verified: it may say "false".
    [{ email_verified: 'true' }, {}, false],
    [{}, {}, false],
    [{}, { emailsAreVerified: true }, true],
  ])('takes an e-mail as verified where the provider says so: %j with %j is %s', (claims, more, verified) => {
    const person = personFromClaims({ sub: '7', email: 'a@x.example', ...claims }, { ...settings, ...more });
    expect(person.emailVerified).toBe(verified);
  });

  it('finds a name where the usual claims are missing', () => {
    expect(personFromClaims({ sub: '7', email: 'alice@x.example' }, settings)).toMatchObject({
      name: 'alice',
      displayName: 'alice',
      groups: [],
    });
    expect(personFromClaims({ sub: '7' }, settings)).toMatchObject({ name: '7', displayName: '7' });
  });

  it('reads the claims that are configured', () => {
    const claims = { sub: '7', upn: 'al', full: 'Al', roles: ['x'], groups: 'ignored' };
    expect(
      personFromClaims(claims, {
        ...settings,
        groupsClaim: 'roles',
        nameClaim: 'upn',
        displayNameClaim: 'full',
      }),
    ).toMatchObject({ name: 'al', displayName: 'Al', groups: ['x'] });
  });

  it.each([
    ['engineering'],
    [{ engineering: true }],
    [null],
    [['a', 1]],
    [['a', '']],
    [[' a']],
    [['a\u0000']],
    [[['a']]],
  ])('refuses %j as groups', (groups) => {
    expect(() => personFromClaims({ sub: '7', groups }, settings)).toThrow('is not a list of group names');
  });

  it('refuses groups that the provider left out for being too many', () => {
    expect(() => personFromClaims({ sub: '7', _claim_names: { groups: 'src1' } }, settings)).toThrow(
      'too many groups',
    );
  });

  it.each([undefined, '', 7])('refuses %j as subject', (sub) => {
    expect(() => personFromClaims({ sub }, settings)).toThrow('names no subject');
  });

  it('lets no control character or text direction through to a terminal', () => {
    expect(
      personFromClaims({ sub: '7', name: 'A\u001b[2Jli\u202ece\n', preferred_username: '\u0000' }, settings),
    ).toMatchObject({ displayName: 'A[2Jlice', name: '7' });
  });
});
