import { DrawbridgeError, formatDuration, type Grant } from '@drawbridge/contract';

/** Why a grant can't be used, ended or extended any more, and how to get another. */
export function notActive(grant: Grant): DrawbridgeError {
  const hint = `Ask again: drawbridge request ${grant.resource} --profile ${grant.profile} --for ${formatDuration(grant.duration)} --reason "…"`;
  if (grant.state === 'expired')
    return new DrawbridgeError('grant_expired', `the grant for ${grant.resource} has expired`, {
      id: grant.id,
      hint,
    });
  return new DrawbridgeError('not_active', `the grant for ${grant.resource} is ${grant.state} already`, {
    id: grant.id,
    hint,
  });
}
