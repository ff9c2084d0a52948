import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from './backend-messages.ts';
import { FRAME_HEADER, FrameAssembler } from './frame-assembler.ts';

/** Frames as a reader of chunks sees them. */
function framesOf(chunks: readonly Buffer[]): { frames: string[]; rest: number } {
  const assembler = new FrameAssembler();
  const frames: string[] = [];
  for (const chunk of chunks) {
    const buffer = assembler.add(chunk);
    if (buffer === undefined) continue;
    let at = 0;
    let needed = FRAME_HEADER;
    while (buffer.length - at >= FRAME_HEADER) {
      needed = 1 + buffer.readInt32BE(at + 1);
      if (at + needed > buffer.length) break;
      frames.push(buffer.toString('hex', at, at + needed));
      at += needed;
      needed = FRAME_HEADER;
    }
    assembler.keep(buffer, at, needed);
  }
  return { frames, rest: assembler.kept };
}

describe('FrameAssembler', () => {
  it('gives the same frames however the bytes are split', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(800), { maxLength: 30 }), fc.nat(4), (contents, cuts, partial) => {
        const frames = contents.map((body, index) => frameOf(65 + index, Buffer.from(body)));
        const stream = Buffer.concat([...frames, Buffer.alloc(partial)]);
        const edges = [...new Set(cuts.map((cut) => Math.min(cut, stream.length)))].sort((a, b) => a - b);
        const chunks = [0, ...edges].map((edge, index) =>
          stream.subarray(edge, edges[index] ?? stream.length),
        );
        expect(framesOf(chunks.filter(({ length }) => length > 0))).toEqual({
          frames: frames.map((frame) => frame.toString('hex')),
          rest: partial,
        });
      }),
    );
  });

  it('hands out a chunk that begins with a frame without copying it', () => {
    const chunk = frameOf(65, Buffer.alloc(10));
    expect(new FrameAssembler().add(chunk)).toBe(chunk);
  });
});
