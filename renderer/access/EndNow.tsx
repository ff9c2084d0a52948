import type { Grant } from '@drawbridge/contract';
import { Popover } from '@mantine/core';
import { useState } from 'react';
import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useOnline } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';

/** Gives a grant back before its time. What it closes is said before. */
export function EndNow({
  grant,
  look = 'ghost',
}: {
  readonly grant: Grant;
  readonly look?: 'ghost' | 'plain';
}) {
  const online = useOnline();
  const [open, setOpen] = useState(false);
  const end = () => {
    setOpen(false);
    void attempt(`Access to ${grant.resource} did not end`, () => call('grants.end', { id: grant.id }));
  };
  return (
    <Popover opened={open} onChange={setOpen} position="top-end" trapFocus returnFocus width={268}>
      <Popover.Target>
        <Button look={look} warn disabled={!online} onClick={() => setOpen(!open)}>
          End now<span className="visually-hidden"> {grant.resource}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={`End access to ${grant.resource}`}>
        <p className="t2">
          Every connection to {grant.resource} closes and open transactions are rolled back. To come back you
          have to ask again.
        </p>
        <div className="row endrow">
          <Button warn onClick={end} data-autofocus>
            End access
          </Button>
          <Button look="ghost" onClick={() => setOpen(false)}>
            Keep it
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
