import './access.css';
import type { TunnelState } from '../../main/ipc/app-state.ts';
import { attempt, copyText, showToast } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { IconButton } from '../theme/IconButton.tsx';
import { CloseTunnel } from './CloseTunnel.tsx';

/** What an SSH client needs: no secret is among it, the key file is this computer's and sign-in's. */
export function SshTunnel({ tunnel }: { readonly tunnel: TunnelState }) {
  const copyLine = () =>
    void attempt('ssh line was not copied', async () => {
      await call('tunnels.copy', { tunnel: tunnel.id, what: 'line' });
      showToast({ kind: 'info', title: 'ssh line copied' });
    });
  return (
    <>
      <dl className="kv connection">
        <dt>Host</dt>
        <dd className="mono selectable">
          {tunnel.host}:{tunnel.port}
        </dd>
        <dt>User</dt>
        <dd className="mono selectable">{tunnel.user}</dd>
        {tunnel.ssh === undefined ? null : (
          <>
            <dt>Key file</dt>
            <dd className="mono">
              <KeyFile file={tunnel.ssh.identityFile} />
            </dd>
          </>
        )}
      </dl>
      {tunnel.ssh === undefined ? null : (
        <div className="snip">
          <code className="selectable">{tunnel.ssh.command}</code>
          <IconButton icon="copy" label="Copy ssh line" small onClick={copyLine} />
        </div>
      )}
      <div className="row tunnelfoot">
        <span className="grow" />
        <CloseTunnel tunnel={tunnel.id} />
      </div>
    </>
  );
}

function KeyFile({ file }: { readonly file: string }) {
  return (
    <>
      <span className="grow ell selectable" title={file}>
        {file}
      </span>
      <IconButton
        icon="copy"
        label="Copy the key file's path"
        small
        onClick={() => copyText(file, 'Path of the key file')}
      />
    </>
  );
}
