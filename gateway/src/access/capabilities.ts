import type { Authorizer } from './authorizer.ts';
import { mayReview } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';

/** Whether there is anything at all whose requests the caller may review, for clients to show or hide. */
export async function mayReviewAny(
  configuration: Pick<Configuration, 'current'>,
  authorizer: Pick<Authorizer, 'may'>,
  { user }: Caller,
): Promise<boolean> {
  const { resources } = await configuration.current();
  return [...resources.values()].some((resource) =>
    Object.entries(resource.profiles).some(([profile, { maxDuration }]) =>
      mayReview(authorizer, user, { resource, profile, duration: maxDuration }),
    ),
  );
}
