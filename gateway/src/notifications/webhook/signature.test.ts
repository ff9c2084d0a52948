import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSecrets, sign } from './signature.ts';

// The example of the specification's own libraries (github.com/standard-webhooks/standard-webhooks, libraries/*/tests).
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1614265330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('a webhook signature', () => {
  it('is that of the specification', () => {
    expect(sign(readSecrets(SECRET) ?? [], ID, TIMESTAMP, BODY)).toBe(SIGNATURE);
  });

  it('is made with each secret while one is changed for another', () => {
    const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    const signatures = sign(readSecrets(`${other},\n${SECRET}`) ?? [], ID, TIMESTAMP, BODY).split(' ');
    expect(signatures).toHaveLength(2);
    expect(signatures[1]).toBe(SIGNATURE);
  });

  it('passes the check that the documentation gives to receivers, which refuses others', async () => {
    const page = await readFile(new URL('../../../../docs/notifications.md', import.meta.url), 'utf8');
    const source = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? expect.fail('There is no example.');
    const { verify } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
      verify: (secret: string, headers: Record<string, string>, body: string) => void;
    };
    const now = Math.floor(Date.now() / 1000);
    const headers = (timestamp: number) => ({
      'webhook-id': ID,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,AAAA ${sign(readSecrets(SECRET) ?? [], ID, timestamp, BODY)}`,
    });
    expect(() => verify(SECRET, headers(now), BODY)).not.toThrow();
    expect(() => verify(SECRET, headers(now), `${BODY} `)).toThrow(/not from the gateway/);
    expect(() => verify(SECRET, headers(now - 400), BODY)).toThrow(/too old/);
    expect(() => verify(`whsec_${Buffer.alloc(24).toString('base64')}`, headers(now), BODY)).toThrow(
      /not from/,
    );
  });

  it.each([
    ['without its prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', 'whsec_correct-horse-battery-staple-and-so-on'],
    ['empty', ''],
    ['beside another that is one', `${SECRET},hunter2`],
  ])('is not made with a secret that is %s', (_name, text) => {
    expect(readSecrets(text)).toBeUndefined();
  });
});
