import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBackendMessage } from './backend-message.ts';
import { FrameSplitter } from './frame-splitter.ts';

const frame = (type: string, body: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type);
  bytes.writeUInt32BE(4 + body.length, 1);
  bytes.set(body, 5);
  return bytes;
};

test('cuts the same messages out of any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('D', 'T', 'Z'), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (messages, sizes) => {
        const whole = Buffer.concat(messages.map(([type, body]) => frame(type, body)));
        const seen: Buffer[] = [];
        const splitter = new FrameSplitter((_type, bytes) => seen.push(Buffer.from(bytes)));
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          // A reader's buffer is used again: what was handed on must not depend on it.
          const piece = Buffer.from(whole.subarray(at, at + size));
          splitter.feed(piece);
          piece.fill(0xff);
          at += size;
        }
        expect(Buffer.concat(seen)).toEqual(whole);
        expect(seen).toHaveLength(messages.length);
      },
    ),
  );
});

test('refuses impossible lengths instead of waiting for them', () => {
  const splitter = new FrameSplitter(() => undefined);
  expect(() => splitter.feed(Buffer.from([0x44, 0, 0, 0, 3]))).toThrow('impossible length');
  expect(() => new FrameSplitter(() => undefined).feed(Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]))).toThrow(
    'impossible length',
  );
});

test('reads any body to a message or a refusal, and never hangs', () => {
  fc.assert(
    fc.property(fc.constantFrom(...'RSKZTCIENAGH'), fc.uint8Array({ maxLength: 60 }), (type, body) => {
      try {
        readBackendMessage(frame(type, body));
      } catch (error) {
        expect(error).toMatchObject({ name: 'MalformedFrame' });
      }
    }),
  );
});
