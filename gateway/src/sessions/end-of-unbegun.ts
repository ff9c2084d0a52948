import type { ErrorCode, SessionEndCode } from '@drawbridge/contract';

const ENDS: Partial<Record<ErrorCode, SessionEndCode>> = {
  grant_expired: 'grant_expired',
  not_active: 'grant_revoked',
  access_needed: 'grant_revoked',
  signed_out: 'signed_out',
  sign_in_required: 'signed_out',
  not_found: 'resource_removed',
  policy_denied: 'policy_changed',
  shutting_down: 'gateway_shutdown',
  target_unreachable: 'target_error',
};

/** How a session is booked that could not begin for this error. */
export const endOfUnbegun = (code: ErrorCode): SessionEndCode => ENDS[code] ?? 'terminated';
