import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodedEventBound, encodeEventInto, recordedEventText } from './encode-event.ts';
import type { CommandReviewId } from './ids.ts';
import { RecordingEvent, type RecordingEventInput } from './recording.ts';
import { RECORDING_LIMITS, RecordingInvalid } from './recording-encoding.ts';

const text = fc.string({ unit: 'binary' });
const statement = fc.integer({ min: 1, max: 2 ** 53 - 1 });
const count = fc.nat();
/** The events whose text is not left to `JSON.stringify`, with each field that they may have. */
const spelledOut = {
  execute: fc.record(
    {
      type: fc.constant('execute' as const),
      statement,
      parameters: fc.array(fc.option(text)),
      review: fc.constant('cmd_01900000-0000-7000-8000-000000000000' as CommandReviewId),
      decision: fc.constant('deny' as const),
      reason: text,
    },
    { requiredKeys: ['type', 'statement', 'parameters'] },
  ),
  rows: fc.record({
    type: fc.constant('rows' as const),
    statement,
    format: fc.constant('postgres.DataRow' as const),
    count,
  }),
  result: fc.record(
    {
      type: fc.constant('result' as const),
      statement,
      status: fc.constantFrom('ok' as const, 'error' as const, 'suspended' as const, 'cancelled' as const),
      tag: text,
      rows: count,
      format: fc.constant('postgres.DataRow' as const),
      count: fc.integer({ min: 1 }),
      error: fc.record({ code: text, severity: text, message: text }),
    },
    { requiredKeys: ['type', 'statement', 'status'] },
  ),
};
const anything: fc.Arbitrary<RecordingEventInput> = fc.oneof(
  spelledOut.execute,
  spelledOut.rows,
  spelledOut.result,
  fc.record({ type: fc.constant('message' as const), kind: fc.constant('notice' as const), text }),
);
const place = fc.record({ seq: fc.nat(), at: fc.double({ min: 0, max: 1e12, noNaN: true }) });

describe("an event's text", () => {
  it('is what JSON.stringify makes of the event with its place in front', () => {
    fc.assert(
      fc.property(anything, place, (event, { seq, at }) => {
        expect(recordedEventText(event, seq, at)).toBe(JSON.stringify({ seq, at, ...event }));
      }),
    );
  });

  it.each(Object.entries(spelledOut))('leaves out no field that %s can have', (type, arbitrary) => {
    const schema = RecordingEvent.options.find((option) => option.shape.type.value === type);
    const known = new Set(fc.sample<object>(arbitrary, 200).flatMap((event) => Object.keys(event)));
    expect(new Set(['seq', 'at', ...known])).toEqual(new Set(Object.keys(schema?.shape ?? {})));
  });
});

describe('an encoded event', () => {
  it('is the length and the text, the length and the payload, wherever it is put', () => {
    fc.assert(
      fc.property(
        text,
        fc.option(fc.uint8Array(), { nil: undefined }),
        fc.nat({ max: 100 }),
        (json, payload, at) => {
          const target = Buffer.alloc(at + encodedEventBound(json, payload));
          const end = encodeEventInto(target, at, json, payload);
          const length = target.readUInt32BE(at);
          expect(target.subarray(at + 4, at + 4 + length)).toEqual(Buffer.from(json));
          const size = target.readUInt32BE(at + 4 + length);
          expect(target.subarray(end - size, end)).toEqual(Buffer.from(payload ?? []));
          expect(end).toBe(at + 8 + length + size);
        },
      ),
    );
  });

  it('is refused where a reader would not take it', () => {
    const long = 'x'.repeat(RECORDING_LIMITS.event + 1);
    const target = Buffer.allocUnsafeSlow(8 + long.length);
    expect(() => encodeEventInto(target, 0, long, undefined)).toThrow(RecordingInvalid);
  });
});
