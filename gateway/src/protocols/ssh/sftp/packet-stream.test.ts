import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packet } from '../../../../../test/support/raw-sftp.ts';
import { PacketStream } from './packet-stream.ts';

/** Packets as they come out; `wait` says which have to wait once. */
function cut(chunks: readonly Buffer[], wait: (index: number) => boolean = () => false) {
  const packets: string[] = [];
  const copied: boolean[] = [];
  let waited = -1;
  const stream = new PacketStream({
    header: () => undefined,
    packet(buffer, start, end) {
      if (wait(packets.length) && waited < packets.length) {
        waited = packets.length;
        return false;
      }
      packets.push(buffer.toString('hex', start, end));
      copied.push(!chunks.includes(buffer));
      return true;
    },
    done: () => undefined,
  });
  for (const chunk of chunks) {
    stream.push(chunk);
    while (stream.held) stream.resume();
  }
  return { packets, copied };
}

describe('PacketStream', () => {
  it('gives the same packets however the bytes are split, and whatever has to wait', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    const cuts = fc.array(fc.nat(900), { maxLength: 40 });
    fc.assert(
      fc.property(bodies, cuts, fc.nat(4), fc.nat(7), (contents, places, partial, held) => {
        const sent = contents.map((body, index) => packet(index, Buffer.from(body)));
        const bytes = Buffer.concat([...sent, Buffer.alloc(partial)]);
        const edges = [...new Set(places.map((place) => Math.min(place, bytes.length)))].sort(
          (a, b) => a - b,
        );
        const chunks = [0, ...edges].map((from, index) => bytes.subarray(from, edges[index]));
        const { packets } = cut(chunks, (index) => index % 8 === held);
        expect(packets).toEqual(sent.map((one) => one.toString('hex')));
      }),
    );
  });

  it('takes one byte at a time', () => {
    const sent = packet(6, Buffer.alloc(5000, 1));
    const { packets } = cut(Array.from(sent, (_byte, at) => sent.subarray(at, at + 1)));
    expect(packets).toEqual([sent.toString('hex')]);
  });

  it('copies nothing of a chunk that holds whole packets', () => {
    const chunk = Buffer.concat([packet(1, Buffer.alloc(10)), packet(2, Buffer.alloc(20))]);
    expect(cut([chunk]).copied).toEqual([false, false]);
  });
});
