import { describe, expect, it } from 'vitest';
import { verifyCall } from './signature.ts';

// The worked example of docs.slack.dev/authentication/verifying-requests-from-slack.
const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const call = {
  timestamp: '1531420618',
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  body: Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  ),
};
const NOW = 1531420618_000;

describe('verifyCall', () => {
  it("takes Slack's own example, and knows it again", () => {
    const first = verifyCall(SECRET, call, NOW);
    expect(first).toEqual({ id: expect.any(String) });
    expect(verifyCall(SECRET, call, NOW + 1000)).toEqual(first);
  });

  it.each([
    ['a body that was changed', { ...call, body: Buffer.from(`${call.body}&more=1`) }, 'forged'],
    ['another timestamp', { ...call, timestamp: '1531420619' }, 'forged'],
    ['a signature of another length', { ...call, signature: 'v0=a2' }, 'forged'],
    ['no signature', { ...call, signature: undefined }, 'unsigned'],
    ['no timestamp', { ...call, timestamp: undefined }, 'unsigned'],
  ])('refuses %s', (_name, changed, wrong) => {
    expect(verifyCall(SECRET, changed, NOW)).toEqual({ wrong });
  });

  it('refuses what another secret signed', () => {
    expect(verifyCall('0'.repeat(32), call, NOW)).toEqual({ wrong: 'forged' });
  });

  it.each([301_000, -301_000])('refuses what is %i ms old', (age) => {
    expect(verifyCall(SECRET, call, NOW + age)).toEqual({ wrong: 'old' });
  });

  it.each([299_000, -299_000])('takes what is %i ms old', (age) => {
    expect(verifyCall(SECRET, call, NOW + age)).toEqual({ id: expect.any(String) });
  });
});
