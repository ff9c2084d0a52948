import { DrawbridgeError, type ErrorCode } from '@drawbridge/contract';

/** Codes that nothing but a new sign-in mends. Told by the code, never by the words. */
const NEEDS_SIGN_IN: ReadonlySet<ErrorCode> = new Set(['sign_in_required', 'signed_out', 'token_invalid']);

export const needsSignIn = (error: unknown): error is DrawbridgeError =>
  error instanceof DrawbridgeError && NEEDS_SIGN_IN.has(error.code);
