import type { PrincipalRef, User } from '@drawbridge/contract';

/** Who is calling and from where, as the sign-in proved it. */
export interface Caller {
  readonly user: User;
  readonly address?: string | undefined;
}

/** Who did something: a person, or the gateway itself (deadlines, start-up). */
export type Actor = { readonly user: PrincipalRef; readonly address?: string | undefined } | 'gateway';

/** A principal where only the name is needed. */
export const refOf = ({ kind, id, name, displayName }: PrincipalRef): PrincipalRef => ({
  kind,
  id,
  name,
  displayName,
});
