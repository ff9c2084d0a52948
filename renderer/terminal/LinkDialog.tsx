import { copyText } from '../state/actions.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import type { LinkAddress } from './screen/link-address.ts';

interface LinkDialogProps {
  readonly address: LinkAddress;
  readonly onClose: () => void;
}

/**
 * The address behind a link that a program printed, for the person to judge and copy. The app opens none: the text of a
 * link can say anything, and the app's browser is for gateways alone.
 */
export function LinkDialog({ address: { host, href }, onClose }: LinkDialogProps) {
  return (
    <Dialog label={`Link to ${host}`} width={480} onClose={onClose}>
      <div className="dhead">
        <h2 className="grow ell">Link to {host}</h2>
      </div>
      <div className="dbody">
        <p className="t2">
          A program in the terminal printed this address. Drawbridge doesn't open it for you.
        </p>
        <p className="linkaddress mono selectable">{href}</p>
      </div>
      <div className="dfoot">
        <span className="grow" />
        <Button size="l" hint="Esc" onClick={onClose}>
          Close
        </Button>
        <Button
          look="primary"
          size="l"
          icon="copy"
          data-autofocus
          onClick={() => {
            copyText(href, 'Address');
            onClose();
          }}
        >
          Copy address
        </Button>
      </div>
    </Dialog>
  );
}
