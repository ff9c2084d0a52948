import { z } from 'zod';
import { UserId } from './ids.ts';

/** A signed-in person. `provider` and `subject` together are who they are; the rest is how to show them. */
export const User = z.object({
  kind: z.literal('user'),
  id: UserId,
  provider: z.string(),
  subject: z.string(),
  /** Short login name, unique enough to read: `alice`. */
  name: z.string(),
  displayName: z.string(),
  email: z.string().optional(),
  groups: z.array(z.string()),
});
export type User = z.infer<typeof User>;

/** Who asks. Workloads (CI jobs, agents) join this union with their own `kind`. */
export const Principal = z.discriminatedUnion('kind', [User]);
export type Principal = z.infer<typeof Principal>;

/** A principal where only the name is needed. */
export const PrincipalRef = User.pick({ kind: true, id: true, name: true, displayName: true });
export type PrincipalRef = z.infer<typeof PrincipalRef>;
