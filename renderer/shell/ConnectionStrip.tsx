import { attempt, copyText } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { momentText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';

/** What stands between this person and the gateway, while the page below stays readable. */
export function ConnectionStrip() {
  const connection = useApp((state) => state.connection);
  const now = useNow('minute');
  switch (connection.status) {
    case 'offline':
      return (
        <div className="notice plain" role="status">
          <Icon name="offline" />
          <span className="grow">
            The gateway is out of reach since {momentText(connection.since, now)} UTC. What you see is from
            then. <span className="t3 plain">{connection.reason}</span>
          </span>
          <Button
            icon="retry"
            onClick={() => void attempt('Still out of reach', () => call('connection.retry'))}
          >
            Try now
          </Button>
        </div>
      );
    case 'sign-in-needed':
      return (
        <div className="notice" role="status">
          <Icon name="person" />
          <span className="grow">
            {connection.reason ?? 'Your sign-in ended.'} Open connections wait for you to sign in again.
          </span>
          <Button
            look="primary"
            icon="external"
            onClick={() => void attempt('Sign-in did not start', () => call('signIn.start'))}
          >
            Sign in again
          </Button>
        </div>
      );
    case 'signing-in': {
      const { url } = connection;
      return (
        <div className="notice" role="status">
          <Icon name="external" />
          <span className="grow">Finish signing in in your browser.</span>
          {url === undefined ? null : (
            <Button icon="copy" onClick={() => copyText(url, 'Sign-in link')}>
              Copy link
            </Button>
          )}
          <Button look="ghost" onClick={() => void attempt('Sign-in goes on', () => call('signIn.cancel'))}>
            Cancel
          </Button>
        </div>
      );
    }
    case 'none':
    case 'connecting':
    case 'online':
      return null;
    default:
      return connection satisfies never;
  }
}
