import { attempt, copyText } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { hostOf } from '../state/gateway-address.ts';
import { momentText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { GatewayChoice } from './GatewayChoice.tsx';
import { SignInFrame } from './SignInFrame.tsx';

interface GatewayGoneProps {
  readonly reason: string;
  readonly since: string;
}

/** A gateway that doesn't answer, before anything of it is known. */
export function GatewayGone({ reason, since }: GatewayGoneProps) {
  const gateway = useApp((state) => state.gateways.find((candidate) => candidate.id === state.activeGateway));
  const now = useNow('minute');
  const host = gateway === undefined ? 'The gateway' : hostOf(gateway.url);
  return (
    <SignInFrame
      title={`${gateway?.name ?? 'The gateway'} is out of reach`}
      lead={<span className="mono">{host}</span>}
    >
      <div className="card">
        <div className="stepline">
          <Icon name="offline" className="t3" />
          <div>
            <div className="strong">Since {momentText(since, now)} UTC</div>
            <div className="meta selectable">{reason}</div>
            <div className="meta">Drawbridge keeps trying. A VPN or the address may be what is missing.</div>
          </div>
        </div>
      </div>
      <Button
        look="primary"
        size="xl"
        icon="retry"
        onClick={() => void attempt('Still out of reach', () => call('connection.retry'))}
      >
        Try now
      </Button>
      <div className="under">
        <button
          type="button"
          className="link meta c-accent"
          onClick={() => copyText(`${host}: ${reason} (since ${since})`, 'Details')}
        >
          Copy details
        </button>
        <span className="grow" />
        <GatewayChoice />
      </div>
    </SignInFrame>
  );
}
