import { Popover } from '@mantine/core';
import { useState } from 'react';
import type { GatewayProfile } from '../../main/ipc/app-state.ts';
import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { Button } from '../theme/Button.tsx';
import { IconButton } from '../theme/IconButton.tsx';

/** Forgets a gateway, after saying what goes with it. */
export function RemoveGateway({ gateway }: { readonly gateway: GatewayProfile }) {
  const [open, setOpen] = useState(false);
  const remove = () => {
    setOpen(false);
    void attempt('The gateway was not removed', () => call('gateways.remove', { id: gateway.id }));
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={264} trapFocus returnFocus>
      <Popover.Target>
        <IconButton icon="close" label={`Remove ${gateway.name}`} onClick={() => setOpen(!open)} />
      </Popover.Target>
      <Popover.Dropdown aria-label={`Remove ${gateway.name}`}>
        <p className="t2">Its tunnels close and its sign-in and ports are forgotten on this computer.</p>
        <div className="row setconfirm">
          <Button warn onClick={remove} data-autofocus>
            Remove
          </Button>
          <Button look="ghost" onClick={() => setOpen(false)}>
            Keep it
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
