import type { MaskKind, TextRule } from '@drawbridge/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  all,
  CARD,
  cuts,
  DOTS,
  masker,
  one,
  PEM,
  run,
  split,
  TOKEN,
} from '../../../../test/support/text-masking.ts';
import { createTextMasker } from './text-masker.ts';

test('counts what it masks, with the bytes that it ends in', () => {
  const stream = masker();
  stream.push(Buffer.from('pan 4111 1111 '));
  expect(stream.takeMatches()).toBe(0);
  stream.push(Buffer.from('1111 1111, to alice@example.com; '));
  expect(stream.takeMatches()).toBe(2);
  expect(stream.takeMatches()).toBe(0);
  stream.push(Buffer.from(`${TOKEN}`));
  stream.flush();
  expect(stream.takeMatches()).toBe(1);
});

describe('what is found', () => {
  test.each<[string, string, string]>([
    ['a card in groups', `pan ${CARD}.`, `pan ${DOTS}.`],
    ['a card in one piece', 'x 5555555555554444\n', `x ${DOTS}\n`],
    ['a card with dashes', '(3782-822463-10005)', `(${DOTS})`],
    ['a card after other numbers', `2024 ${CARD}`, `2024 ${DOTS}`],
    ['an address', 'to alice.smith+x@mail.example.com, bob', `to ${DOTS}, bob`],
    ['an address at the end of a sentence', 'ask bob@example.org.', `ask ${DOTS}.`],
    ['an address with letters beyond ASCII', 'an müller@köln.example!', `an ${DOTS}!`],
    ['an address in a table drawn with lines', '│alice@example.com│', `│${DOTS}│`],
    ['an address in quotes', "user='alice@example.com'", `user='${DOTS}'`],
    ['an IBAN', 'DE89370400440532013000;', `${DOTS};`],
    ['an IBAN in groups', 'to GB82 WEST 1234 5698 7654 32 now', `to ${DOTS} now`],
    ['a social security number', 'ssn: 536-22-1234,', `ssn: ${DOTS},`],
    ['a social security number with blanks', 'ssn: 536 22 1234', `ssn: ${DOTS}`],
    ['an AWS access key', 'key=AKIAIOSFODNN7EXAMPLE', `key=${DOTS}`],
    ['a GitHub token', `"${TOKEN}"`, `"${DOTS}"`],
    ['a fine-grained GitHub token', `x github_pat_${'11AB_'.repeat(10)} y`, `x ${DOTS} y`],
    ['a GitLab token', 'glpat-abcDEF123456_-7890xy', DOTS],
    ['a Slack token', 'xoxb-123456789012-abcdef', DOTS],
    ['a Stripe key', 'STRIPE=sk_live_4eC39HqLyjWDarjtT1zd', `STRIPE=${DOTS}`],
    ['a Google key', `k AIza${'Sy0_'.repeat(8)}abc`, `k ${DOTS}`],
    ['an npm token', `_authToken=npm_${'x9'.repeat(18)}`, `_authToken=${DOTS}`],
    ['a key of a model vendor', 'sk-ant-api03-AbCdEf0123456789_x', DOTS],
    ['a JSON web token', 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdC1zaWc', `jwt ${DOTS}`],
    [
      'a bearer token, and the word stays',
      'authorization: bearer abcdef0123456789abcd',
      `authorization: bearer ${DOTS}`,
    ],
    ['a private key', `before\n${PEM}\nafter`, `before\n${DOTS}\nafter`],
    ['a private key in JSON', `{"k":"${PEM.replaceAll('\n', '\\n')}","n":1}`, `{"k":"${DOTS}","n":1}`],
    [
      'a private key with headers',
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nMIIE\n-----END RSA PRIVATE KEY-----!`,
      `${DOTS}!`,
    ],
  ])('%s', (_, text, masked) => {
    expect(run([text])).toBe(masked);
  });

  test.each([
    ['a number that fails the Luhn check', '4111 1111 1111 1112'],
    ['a longer run of digits', '41111111111111111111111'],
    ['a time in milliseconds', '1732250912344 1732250912345 1732250912346 1732250912347'],
    ['a fraction', '0.4111111111111111'],
    ['a host without a dot', 'root@build:~# '],
    ['an IBAN with a wrong check', 'DE88370400440532013000'],
    ['an IBAN of a country that has none', 'ZZ89370400440532013000'],
    ['a number that was never given out', '900-22-1234 666-22-1234 536-00-1234 536-22-0000'],
    ['part of a longer number', '1-536-22-1234-5'],
    ['words with a token’s prefix in them', 'task-management-systems-and-more-0 npm_config_registry=x'],
    ['a bearer of something', 'bearer of unremarkable news'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
    ['a rule of dashes', `${'-'.repeat(60)}\n`],
  ])('not %s', (_, text) => {
    expect(run([text])).toBe(text);
  });

  test('the earliest match holds, the longest of those that start together, and no tail of another shows', () => {
    expect(run(['4111111111111111@example.com'])).toBe(DOTS);
    expect(run(['x4111111111111111 y'], [{ pattern: 'x\\d{4}', mask: 'full' }, ...all])).toBe(`${DOTS} y`);
  });

  test('the stricter of two rules holds', () => {
    expect(run([CARD], [...one('card', 'last4'), ...one('card', 'null')])).toBe('');
  });

  test('bytes that are no UTF-8 pass as they are', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x1b, 0x5b, 0xff]);
    const stream = masker(all, true);
    expect(Buffer.concat([stream.push(bytes), stream.flush()])).toEqual(bytes);
  });
});

describe('how it is masked', () => {
  test.each<[MaskKind, string]>([
    ['full', `<${DOTS}>`],
    ['last4', '<•••• •••• •••• 1111>'],
    ['null', '<>'],
  ])('%s', (mask, masked) => {
    expect(run([`<${CARD}>`], one('card', mask))).toBe(masked);
  });

  test('email keeps the domain, hash keeps equality', () => {
    expect(run(['bob@example.org'], one('email', 'email'))).toBe(`${DOTS}@example.org`);
    expect(run(['bob@example.org bob@example.org'], one('email', 'hash'))).toMatch(/^([0-9a-f]{20}) \1$/);
  });

  test('a private key is hidden whole whatever the mask', () => {
    expect(run([PEM], one('private-key', 'last4'))).toBe(DOTS);
    expect(run([PEM], one('private-key', 'null'))).toBe('');
  });
});

describe('a match in pieces', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      CARD,
      TOKEN,
      PEM,
      PEM.slice(0, 200),
      '536-22-1234',
      'alice@example.com',
      'GB82 WEST 1234 5698 7654 32',
      'AKIAIOSFODNN7EXAMPLE',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdC1zaWc',
      'Bearer abcdef0123456789abcd',
      'EMP-123456',
      'müller@köln.example',
      '-----BEGIN ',
      '\n$ ',
    ),
    fc.string({ maxLength: 6 }),
    fc.string({ unit: fc.constantFrom(...'0123456789 -@.aEA_\n'), maxLength: 30 }),
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')));
  const rules: TextRule[] = [
    ...all.map((rule) => ({ ...rule, mask: 'last4' as const })),
    { pattern: 'EMP-\\d{6}', mask: 'hash' },
    { pattern: '\\bE\\w*9$', mask: 'full' },
  ];

  test('is masked as the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(text, cuts, (bytes, at) => {
        expect(run(split(bytes, at), rules)).toBe(run([bytes], rules));
      }),
      { numRuns: 10000 },
    );
  });

  test('is masked byte by byte', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        expect(
          run(
            [...bytes].map((byte) => Uint8Array.of(byte)),
            rules,
          ),
        ).toBe(run([bytes], rules));
      }),
      { numRuns: 100 },
    );
  });

  test('is hidden from where it is known, when its beginning went out in silence', () => {
    const stream = masker();
    const seen = [stream.push(Buffer.from('4111 1111 11')), stream.flush()];
    expect(stream.holding).toBe(false);
    seen.push(
      stream.push(Buffer.from('11 1111')),
      stream.flush(),
      stream.push(Buffer.from(' ok')),
      stream.flush(),
    );
    expect(Buffer.concat(seen).toString()).toBe(`4111 1111 11${DOTS} ok`);
  });

  test('shows nothing of what comes after it was given out masked', () => {
    const stream = masker();
    const seen = [
      stream.push(Buffer.from(TOKEN)),
      stream.flush(),
      stream.push(Buffer.from('SECRETtail')),
      stream.flush(),
    ];
    seen.push(stream.push(Buffer.from('more done')), stream.flush());
    expect(Buffer.concat(seen).toString()).toBe(`${DOTS} done`);
  });

  test('never shows a secret when silences fall into it, beyond what came before the silence', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: TOKEN.length }), (at) => {
        const stream = masker();
        const seen = [stream.push(Buffer.from(TOKEN.slice(0, at))), stream.flush()];
        seen.push(stream.push(Buffer.from(`${TOKEN.slice(at)} `)), stream.flush());
        const complete = at === TOKEN.length;
        expect(Buffer.concat(seen).toString()).toBe(`${complete ? '' : TOKEN.slice(0, at)}${DOTS} `);
      }),
    );
  });

  test('a private key of megabytes leaves neither output nor memory behind', () => {
    const stream = masker();
    let out = stream.push(Buffer.from('-----BEGIN PRIVATE KEY-----\n')).toString();
    const line = Buffer.from(`${'QUJD'.repeat(16)}\n`.repeat(500));
    for (let i = 0; i < 100; i += 1) {
      out += stream.push(line);
      out += stream.flush();
    }
    out += stream.push(Buffer.from('-----END PRIVATE KEY-----\nnext\n'));
    expect(out + stream.flush()).toBe(`${DOTS}\nnext\n`);
  });

  test('a key that was cut off hides no more than up to the next prompt', () => {
    expect(run([`${PEM.slice(0, 100)}\n`, 'alice@host:~$ ', 'ls\n'])).toBe(`${DOTS}alice@host:~$ ls\n`);
  });

  test('a token longer than is kept is hidden to its end', () => {
    expect(run([`eyJ${'a'.repeat(20)}.`, ...Array(30).fill('b'.repeat(1000)), '.c end'])).toBe(`${DOTS} end`);
  });
});

describe('what is kept back', () => {
  test.each([
    ['nothing of a complete line', 'total 12\n', false],
    ['nothing after a prompt', 'alice@host:~$ ', false],
    ['a word, as an address may begin with it', 'see alice', true],
    ['digits', 'x 41', true],
    ['the beginning of a token', 'x gh', true],
  ])('%s', (_, text, holding) => {
    const stream = masker();
    stream.push(Buffer.from(text));
    expect(stream.holding).toBe(holding);
  });

  test('nothing of what is typed in a terminal, until it looks like a match', () => {
    const stream = masker(all, true);
    for (const letter of 'git status --short -411') {
      expect(stream.push(Buffer.from(letter)).toString()).toBe(letter);
      expect(stream.holding).toBe(false);
    }
    expect(stream.push(Buffer.from('1')).length).toBe(0);
    expect(stream.holding).toBe(true);
    expect(stream.flush().toString()).toBe('1');
  });

  test('an endless row of control sequences in a number is not kept forever', () => {
    const stream = masker(all, true);
    stream.push(Buffer.from('4111'));
    const out = stream.push(Buffer.from('\x1b[m'.repeat(40_000)));
    expect(stream.holding).toBe(false);
    expect(out.length).toBe(120_004);
  });
});

test('no rules, no masker', () => {
  expect(createTextMasker([], Buffer.alloc(32))).toBeUndefined();
});
