import { z } from 'zod';
import { LARGEST_TERMINAL, TERMINAL_INPUT, type TerminalRequest } from '../ipc/terminal-port.ts';

const cells = z.int().min(1).max(LARGEST_TERMINAL);

/** What comes over a terminal's port, from the page: parsed like every other payload. */
export const TerminalRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('input'),
    data: z.instanceof(Uint8Array).refine(({ byteLength }) => byteLength <= TERMINAL_INPUT),
  }),
  z.strictObject({ type: z.literal('resize'), columns: cells, rows: cells }),
  z.strictObject({
    type: z.literal('ack'),
    bytes: z
      .int()
      .positive()
      .max(2 ** 31),
  }),
  z.strictObject({ type: z.literal('connect') }),
  z.strictObject({ type: z.literal('end') }),
]) satisfies z.ZodType<TerminalRequest>;
