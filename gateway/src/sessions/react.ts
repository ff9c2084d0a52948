import type { Grant, Session, SignInId } from '@drawbridge/contract';
import type { Expiry } from '../access/expiry.ts';
import type { ChangeListener } from '../store/live-channel.ts';
import type { SessionRegistry } from './session-registry.ts';

/** What a change means to live sessions and deadlines. */
export async function react(
  change: Parameters<ChangeListener>[0],
  registry: Pick<
    SessionRegistry,
    'grantChanged' | 'sessionChanged' | 'signInChanged' | 'configurationChanged'
  >,
  expiry: Pick<Expiry, 'wake'>,
): Promise<void> {
  switch (change.kind) {
    case 'grant':
      void expiry.wake();
      return registry.grantChanged(change.id as Grant['id']);
    case 'request':
    case 'command':
      return expiry.wake();
    case 'session':
      return registry.sessionChanged(change.id as Session['id']);
    case 'signin':
      return registry.signInChanged(change.id as SignInId);
    case 'configuration':
      return registry.configurationChanged();
    case 'resync':
      return expiry.wake();
    default:
      change satisfies never;
  }
}
