import { z } from 'zod';
import type { SqlRequest } from '../ipc/sql-port.ts';

/** What comes over a console's port, from the page: parsed like every other payload. */
export const SqlRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run'), run: z.int().nonnegative(), text: z.string().max(1_000_000) }),
  z.strictObject({ type: z.literal('cancel') }),
  z.strictObject({ type: z.literal('ack') }),
  z.strictObject({ type: z.literal('schema') }),
  z.strictObject({ type: z.literal('close') }),
]) satisfies z.ZodType<SqlRequest>;
