import { Menu } from '@mantine/core';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { hostOf } from '../state/gateway-address.ts';
import { useView } from '../state/view.ts';
import { Icon } from '../theme/Icon.tsx';

/** The way to another gateway from a window that isn't signed in. */
export function GatewayChoice() {
  const gateways = useApp((state) => state.gateways);
  const active = useApp((state) => state.activeGateway);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="link meta c-accent">
          Other gateway
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {gateways
          .filter((gateway) => gateway.id !== active)
          .map((gateway) => (
            <Menu.Item
              key={gateway.id}
              onClick={() =>
                void attempt('The gateway was not changed', () => call('gateways.select', { id: gateway.id }))
              }
            >
              {gateway.name} <span className="meta">{hostOf(gateway.url)}</span>
            </Menu.Item>
          ))}
        <Menu.Item
          leftSection={<Icon name="plus" small />}
          onClick={() => useView.setState({ addGateway: true })}
        >
          Add a gateway…
        </Menu.Item>
        {active === undefined ? null : (
          <Menu.Item
            data-tone="denied"
            leftSection={<Icon name="close" small />}
            onClick={() =>
              void attempt('The gateway was not removed', () => call('gateways.remove', { id: active }))
            }
          >
            Forget this gateway
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
