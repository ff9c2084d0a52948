import { attempt, copyText } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { hostOf } from '../state/gateway-address.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { GatewayChoice } from './GatewayChoice.tsx';
import { SignInFrame } from './SignInFrame.tsx';
import { VaultNote } from './VaultNote.tsx';

/** Signing in to the chosen gateway, and the wait while the browser does it. */
export function SignIn() {
  const gateway = useApp((state) => state.gateways.find((candidate) => candidate.id === state.activeGateway));
  const connection = useApp((state) => state.connection);
  const host = gateway === undefined ? 'the gateway' : hostOf(gateway.url);
  if (connection.status === 'signing-in') {
    const { url } = connection;
    return (
      <SignInFrame
        title="Finish in your browser"
        lead={`Sign in to ${host} there. This window goes on by itself.`}
      >
        {url === undefined ? null : (
          <div className="linkbox">
            <div className="lab">No browser opened? Use this link</div>
            <div className="snip">
              <code className="selectable">{url}</code>
              <IconButton
                icon="copy"
                label="Copy the sign-in link"
                small
                onClick={() => copyText(url, 'Sign-in link')}
              />
            </div>
          </div>
        )}
        <Button size="xl" onClick={() => void attempt('Sign-in goes on', () => call('signIn.cancel'))}>
          Cancel
        </Button>
      </SignInFrame>
    );
  }
  const reason = connection.status === 'sign-in-needed' ? connection.reason : undefined;
  return (
    <SignInFrame
      title={`Sign in to ${gateway?.name ?? 'Drawbridge'}`}
      lead={<span className="mono">{host}</span>}
    >
      {reason === undefined ? null : (
        <p className="fieldnote bad" role="status">
          <Icon name="info" small />
          <span>{reason}</span>
        </p>
      )}
      <VaultNote />
      <Button
        look="primary"
        size="xl"
        onClick={() => void attempt('Sign-in did not start', () => call('signIn.start'))}
      >
        Continue in your browser <Icon name="external" small />
      </Button>
      <div className="under">
        <span className="meta grow">Opens {host}, then brings you back here.</span>
        <GatewayChoice />
      </div>
    </SignInFrame>
  );
}
