import { useState } from 'react';
import { useNow } from '../state/clock.ts';
import { isUsable, timeLeft } from '../state/grant-time.ts';
import { useGrantOf } from '../state/own-access.ts';
import { clockText } from '../state/time-text.ts';
import { openExtend } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';

interface EndingStripProps {
  readonly resource: string;
  readonly profile: string;
  /** Whether it is a shell that ends. */
  readonly shell: boolean;
}

/** The last five minutes, said once above the session. */
export function EndingStrip({ resource, profile, shell }: EndingStripProps) {
  const grant = useGrantOf(resource, profile);
  const now = useNow();
  const [dismissed, setDismissed] = useState<string>();
  if (grant?.expiresAt === undefined || !isUsable(grant, now) || !timeLeft(grant, now).soon) return null;
  if (dismissed === grant.id) return null;
  return (
    <div className="notice" role="status">
      <Icon name="clock" />
      <span className="grow">
        Less than 5 minutes left. At {clockText(grant.expiresAt)} UTC{' '}
        {shell
          ? 'the shell closes and what runs in it gets SIGHUP.'
          : `every connection to ${resource} closes and open transactions are rolled back.`}
      </span>
      <Button onClick={() => openExtend(grant.id)}>Extend</Button>
      <IconButton icon="close" label="Hide" className="c-pending" onClick={() => setDismissed(grant.id)} />
    </div>
  );
}
