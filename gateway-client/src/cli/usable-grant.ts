import { DrawbridgeError, type Grant, type Resource, type SessionEndCode } from '@drawbridge/contract';
import type { ApiClient } from '../api-client.ts';
import type { CliContext } from './cli-context.ts';
import { requestCommand } from './commands/resources.ts';
import { requirements } from './output/states.ts';

/**
 * The caller's grant for a resource, and for `profile` where one is named.
 * @param command what was typed up to the resource, for hints
 * @throws ClientError `usage` where several fit, or there is no such profile; DrawbridgeError `access_needed`
 */
export async function usableGrant(
  context: Pick<CliContext, 'usage'>,
  api: Pick<ApiClient, 'call'>,
  resource: Resource,
  profile: string | undefined,
  command: string,
): Promise<Grant> {
  const { grants } = await api.call('listGrants', { query: { scope: 'own', limit: 500 } });
  const usable = grants.filter(
    (grant) =>
      grant.resource === resource.name &&
      (grant.state === 'approved' || grant.state === 'active') &&
      (profile === undefined || grant.profile === profile),
  );
  if (usable.length > 1) {
    throw context.usage(
      `you have several grants for ${resource.name}: ${usable.map((grant) => grant.profile).join(', ')}`,
      `${command} ${resource.name} --profile ${usable[0]?.profile ?? ''}`,
    );
  }
  const grant = usable[0];
  if (grant) return grant;
  const { pending } = resource;
  const waiting = pending?.targets.find(
    (target) => target.resource === resource.name && (profile === undefined || target.profile === profile),
  );
  if (pending && waiting) {
    throw new DrawbridgeError(
      'access_needed',
      `your request for ${resource.name} (${waiting.profile}) still waits for ${requirements(pending.needs) || 'an approval'}`,
      { hint: 'drawbridge requests', id: pending.id },
    );
  }
  const asked = resource.profiles.find((candidate) =>
    profile === undefined ? candidate.access !== 'denied' : candidate.name === profile,
  );
  if (!asked && profile !== undefined)
    throw context.usage(
      `${resource.name} has no profile ${profile}`,
      `It has: ${resource.profiles.map((candidate) => candidate.name).join(', ')}`,
    );
  throw new DrawbridgeError(
    'access_needed',
    `you have no access to ${resource.name}${profile === undefined ? '' : ` (${profile})`} now`,
    { hint: requestCommand(resource.name, asked) },
  );
}

const over: ReadonlySet<SessionEndCode> = new Set([
  'grant_expired',
  'grant_revoked',
  'signed_out',
  'resource_removed',
  'policy_changed',
]);

/** Whether a session ended so that no further one can succeed. */
export const isAccessOver = (code: SessionEndCode): boolean => over.has(code);
