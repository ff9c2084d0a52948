import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { GatewayForm } from './GatewayForm.tsx';

/** Another gateway beside those there are. */
export function AddGatewayDialog() {
  const open = useView((view) => view.addGateway);
  if (!open) return null;
  const close = () => useView.setState({ addGateway: false });
  return (
    <Dialog label="Add a gateway" width={440} onClose={close} className="addgateway">
      <div className="dhead">
        <h2 className="grow">Add a gateway</h2>
        <IconButton icon="close" label="Close" onClick={close} />
      </div>
      <GatewayForm onAdded={close}>
        {({ busy, ready }) => (
          <div className="dfoot">
            <span className="grow" />
            <Button look="ghost" size="l" hint="Esc" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" look="primary" size="l" disabled={busy || !ready}>
              {busy ? 'Looking for it' : 'Add'}
            </Button>
          </div>
        )}
      </GatewayForm>
    </Dialog>
  );
}
