import { z } from 'zod';

/** The tokens of one sign-in at one gateway, and whose they are. Secrets: never printed or logged. */
export const StoredSignIn = z.object({
  gateway: z.string(),
  clientId: z.string(),
  accessToken: z.string(),
  /** Milliseconds since the epoch. */
  accessExpiresAt: z.number(),
  refreshToken: z.string().optional(),
  /** Login name to show while the gateway isn't asked. */
  name: z.string().optional(),
});
export type StoredSignIn = z.infer<typeof StoredSignIn>;

/**
 * Where sign-ins are kept: files for the CLI, the operating system's vault for the desktop app.
 * `gateway` is always in the form of `gatewayUrl`.
 */
export interface TokenStore {
  read(gateway: string): Promise<StoredSignIn | undefined>;
  write(signIn: StoredSignIn): Promise<void>;
  remove(gateway: string): Promise<void>;
  /**
   * Runs `task` while no other process does so for the same gateway. A refresh token is used once;
   * two processes that use the same one look like a thief to the gateway and lose the sign-in.
   */
  exclusively<T>(gateway: string, task: () => Promise<T>): Promise<T>;
}
