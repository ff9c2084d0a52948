import type { Requirement } from '@drawbridge/contract';

/**
 * What has to happen before a forbid lets go. `mfa` is understood, so that a policy written with it is
 * valid, but nothing meets it yet: it denies and says so.
 */
export type PolicyRequirement =
  | Requirement
  | { readonly kind: 'mfa'; readonly seconds: number; readonly policy: string; readonly message?: string };
