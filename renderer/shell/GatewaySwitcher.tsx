import { Menu } from '@mantine/core';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { hostOf } from '../state/gateway-address.ts';
import { clockText } from '../state/time-text.ts';
import { showPage, useView } from '../state/view.ts';
import { Icon } from '../theme/Icon.tsx';
import { Logo } from '../theme/Logo.tsx';

/** Which gateway this is and how it is doing; opens to the others. */
export function GatewaySwitcher({ rail }: { readonly rail: boolean }) {
  const gateways = useApp((state) => state.gateways);
  const activeId = useApp((state) => state.activeGateway);
  const active = gateways.find((gateway) => gateway.id === activeId);
  const status = useConnectionText();
  if (active === undefined) return null;
  return (
    <Menu position="bottom-start" width={296}>
      <Menu.Target>
        <button type="button" className="gateway" aria-label={`Gateway ${active.name}, ${status.spoken}`}>
          <Logo size={22} />
          {rail ? null : (
            <>
              <span className="grow">
                <span className="strong ell">{active.name}</span>
                <span className="meta">
                  <span className={`dot ${status.dot}`} />
                  <span className="ell">{status.text ?? hostOf(active.url)}</span>
                </span>
              </span>
              <Icon name="upDown" small className="t3" />
            </>
          )}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu */}
        <div role="group" aria-label="Gateways">
          <Menu.Label aria-hidden="true">Gateways</Menu.Label>
          {gateways.map((gateway) => (
            <Menu.Item
              key={gateway.id}
              leftSection={
                <Icon name="check" small className={gateway.id === activeId ? 'c-accent' : 'gone'} />
              }
              aria-current={gateway.id === activeId ? 'true' : undefined}
              onClick={() =>
                void attempt('The gateway was not changed', () => call('gateways.select', { id: gateway.id }))
              }
            >
              {gateway.name} <span className="meta">{hostOf(gateway.url)}</span>
            </Menu.Item>
          ))}
        </div>
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="plus" small />}
          onClick={() => useView.setState({ addGateway: true })}
        >
          Add a gateway…
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="settings" small />} onClick={() => showPage('settings')}>
          Gateway settings
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface ConnectionText {
  readonly dot: '' | 'off' | 'pending';
  /** Instead of the address, where something is the matter. */
  readonly text: string | undefined;
  readonly spoken: string;
}

function useConnectionText(): ConnectionText {
  const connection = useApp((state) => state.connection);
  switch (connection.status) {
    case 'online':
      return { dot: '', text: undefined, spoken: 'connected' };
    case 'offline': {
      const since = clockText(connection.since);
      return { dot: 'off', text: `Offline since ${since}`, spoken: `out of reach since ${since} UTC` };
    }
    case 'sign-in-needed':
    case 'signing-in':
      return { dot: 'pending', text: 'Sign-in needed', spoken: 'sign-in needed' };
    case 'connecting':
      return { dot: 'off', text: 'Connecting', spoken: 'connecting' };
    case 'none':
      return { dot: 'off', text: undefined, spoken: 'not connected' };
    default:
      return connection satisfies never;
  }
}
