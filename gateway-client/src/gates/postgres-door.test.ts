import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DoorStep, PostgresDoor } from './postgres-door.ts';

const packet = (code: number, rest: Buffer = Buffer.alloc(0)): Buffer => {
  const bytes = Buffer.alloc(8 + rest.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(code, 4);
  rest.copy(bytes, 8);
  return bytes;
};
const SSL = packet(80_877_103);
const GSS = packet(80_877_104);
const startup = (text = 'user\0alice\0database\0orders\0\0', version = 196_608) =>
  packet(version, Buffer.from(text));
const password = (text: string): Buffer => {
  const bytes = Buffer.alloc(6 + text.length);
  bytes.write('p');
  bytes.writeUInt32BE(5 + text.length, 1);
  bytes.write(text, 5);
  return bytes;
};
const door = () => new PostgresDoor((given) => Buffer.from(given).toString() === 'secret');

/** Feeds packets as a client would: the next one when the last was answered; each in pieces of the given sizes. */
function talk(packets: readonly Buffer[], sizes: readonly number[]): { step: DoorStep; replies: string } {
  const subject = door();
  let replies = '';
  let step: DoorStep = { kind: 'wait' };
  let turn = 0;
  for (const bytes of packets) {
    for (let at = 0; at < bytes.length; ) {
      const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1);
      step = subject.feed(bytes.subarray(at, at + size));
      at += size;
      if (step.kind === 'reply') replies += step.bytes.toString('latin1');
      else if (step.kind !== 'wait') return { step, replies };
    }
  }
  return { step, replies };
}

test('lets the secret in, whatever the split of the bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      fc.subarray([GSS, SSL]),
      (sizes, asked) => {
        const { step, replies } = talk([...asked, startup(), password('secret')], sizes);
        expect(step).toEqual({ kind: 'connect', startup: startup() });
        expect(replies).toBe(`${'N'.repeat(asked.length)}R\0\0\0\b\0\0\0\x03`);
      },
    ),
  );
});

test('keeps every other password out', () => {
  for (const wrong of ['', 'Secret', 'secret\0', 'secrets', 'secre'])
    expect(talk([startup(), password(wrong)], [100]).step.kind).toBe('wrong-password');
});

test('hands a cancel request on untouched', () => {
  const request = packet(80_877_102, Buffer.from('0000000700000042', 'hex'));
  expect(talk([request], [3]).step).toEqual({ kind: 'cancel', request });
  expect(talk([SSL, request], [100]).step).toEqual({ kind: 'cancel', request });
});

test.each([
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')],
  ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
  ['a startup packet beyond PostgreSQL’s limit', packet(196_608, Buffer.alloc(10_001))],
  ['a startup packet shorter than any', Buffer.from('0000000800030000', 'hex')],
  ['a cancel request of an absurd length', packet(80_877_102, Buffer.alloc(400))],
  ['bytes behind an SSLRequest', Buffer.concat([SSL, Buffer.from('x')])],
  ['a password before it was asked for', Buffer.concat([startup(), password('secret')])],
])('drops %s without a word', (_name, bytes) => {
  expect(talk([bytes], [100_000])).toEqual({ step: { kind: 'drop' }, replies: '' });
});

test('drops a second SSLRequest, a query in place of the password, and an absurd password', () => {
  expect(talk([SSL, SSL], [100]).step.kind).toBe('drop');
  expect(talk([startup(), Buffer.from('Q\0\0\0\x0dselect 1\0')], [100]).step.kind).toBe('drop');
  expect(talk([startup(), password('x'.repeat(2000))], [5000]).step.kind).toBe('drop');
});

test('speaks version 3 alone, its minor versions included', () => {
  expect(talk([startup('user\0a\0\0', 131_072)], [100]).step.kind).toBe('wrong-version');
  expect(talk([startup('user\0a\0\0', 196_610), password('secret')], [100]).step.kind).toBe('connect');
});

test('survives any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(door().feed(Buffer.from(bytes)).kind).not.toBe('connect');
    }),
  );
});
