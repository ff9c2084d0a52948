import { z } from 'zod';
import { AccessRequest, Grant, Session } from './access.ts';
import { CommandReview } from './command-review.ts';

/**
 * What a client's event stream (`GET /v1/events`, Server-Sent Events) carries: the object as it now is,
 * to everybody who may see it. `hello` opens each stream; after it a client reads its lists anew, so
 * nothing that happened while it was away is lost. A comment line keeps the connection alive every 15 s.
 */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), gateway: z.string(), version: z.string() }),
  z.object({ type: z.literal('request'), request: AccessRequest }),
  z.object({ type: z.literal('grant'), grant: Grant }),
  z.object({ type: z.literal('session'), session: Session }),
  /** To whoever sent it, may review it, or is told that glass was broken. */
  z.object({ type: z.literal('command-review'), review: CommandReview }),
  /** Documents were applied or removed: resources and what policy says may differ now. */
  z.object({ type: z.literal('configuration') }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
