import './access.css';
import type { Protocol, Resource } from '@drawbridge/contract';
import { useState } from 'react';
import type { TunnelState } from '../../main/ipc/app-state.ts';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { attempt, openLocalShell, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useOnline } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { CloseTunnel } from './CloseTunnel.tsx';
import { EditPort } from './EditPort.tsx';
import { psqlLine } from './psql-line.ts';
import { SshTunnel } from './SshTunnel.tsx';

interface ConnectionCardProps {
  readonly resource: Resource;
  readonly profile: string;
}

/** Where the person's own tools connect, and with what. */
export function ConnectionCard({ resource, profile }: ConnectionCardProps) {
  const online = useOnline();
  const tunnel = useApp((state) =>
    state.tunnels.find((open) => open.resource === resource.name && open.profile === profile),
  );
  const port = useApp((state) => state.settings.ports[`${resource.name}/${profile}`]);
  const [opening, setOpening] = useState(false);
  const open = async () => {
    setOpening(true);
    await attempt('The tunnel did not open', () =>
      call('tunnels.open', { resource: resource.name, profile }),
    );
    setOpening(false);
  };
  return (
    <section className="sect" aria-label="Use your own tools">
      <h3>
        Use your own tools <span className="grow" />
        <EditPort resource={resource.name} profile={profile} port={tunnel?.port ?? port} />
      </h3>
      {tunnel === undefined ? (
        <div className="notunnel">
          <p className="meta">
            A tunnel listens on this computer{port === undefined ? '' : <>, on port {port}</>}, for{' '}
            {protocolFacts(resource.protocol).tools}.
          </p>
          <Button icon="link" disabled={!online || opening} onClick={() => void open()}>
            Open tunnel
          </Button>
        </div>
      ) : (
        <OpenTunnel tunnel={tunnel} protocol={resource.protocol} key={tunnel.id} />
      )}
    </section>
  );
}

interface OpenTunnelProps {
  readonly tunnel: TunnelState;
  readonly protocol: Protocol;
}

function OpenTunnel({ tunnel, protocol }: OpenTunnelProps) {
  switch (protocol) {
    case 'postgres':
      return <SqlTunnel tunnel={tunnel} />;
    case 'ssh':
      return <SshTunnel tunnel={tunnel} />;
    default:
      return protocol satisfies never;
  }
}

function SqlTunnel({ tunnel }: { readonly tunnel: TunnelState }) {
  const copy = (what: 'secret' | 'line' | 'url' | 'env', said: string) =>
    void attempt(`${said} was not copied`, async () => {
      await call('tunnels.copy', { tunnel: tunnel.id, what });
      showToast({ kind: 'info', title: `${said} copied` });
    });
  const openIn = (app: 'dbeaver' | 'tableplus' | 'vscode', name: string) => () =>
    void attempt(`${name} did not open`, () => call('tunnels.openIn', { tunnel: tunnel.id, app }));
  return (
    <>
      <dl className="kv connection">
        <dt>Host</dt>
        <dd className="mono selectable">
          {tunnel.host}:{tunnel.port}
        </dd>
        <dt>User</dt>
        <dd className="mono selectable">{tunnel.user}</dd>
        <dt>Database</dt>
        <dd className="mono selectable">{tunnel.database}</dd>
        <dt>Secret</dt>
        <dd className="mono">
          <Secret tunnel={tunnel.id} />
          <IconButton icon="copy" label="Copy secret" small onClick={() => copy('secret', 'Secret')} />
        </dd>
      </dl>
      <div className="snip">
        <code className="selectable">{psqlLine(tunnel)}</code>
        <IconButton icon="copy" label="Copy psql line" small onClick={() => copy('line', 'psql line')} />
      </div>
      <div className="row opens">
        <Button className="grow" onClick={openIn('dbeaver', 'DBeaver')} aria-label="Open in DBeaver">
          <Icon name="external" small /> DBeaver
        </Button>
        <Button className="grow" onClick={openIn('tableplus', 'TablePlus')} aria-label="Open in TablePlus">
          <Icon name="external" small /> TablePlus
        </Button>
        <Button className="grow" onClick={openIn('vscode', 'VS Code')} aria-label="Open in VS Code">
          <Icon name="external" small /> VS Code
        </Button>
        <Button
          className="grow"
          onClick={() => openLocalShell({ resource: tunnel.resource, profile: tunnel.profile })}
          aria-label="Open a local shell with PG variables"
        >
          <Icon name="terminal" small /> Shell
        </Button>
      </div>
      <div className="row tunnelfoot">
        <button type="button" className="link meta c-accent" onClick={() => copy('url', 'URL')}>
          Copy URL
        </button>
        <button type="button" className="link meta c-accent" onClick={() => copy('env', 'PG variables')}>
          Copy PG variables
        </button>
        <span className="grow" />
        <CloseTunnel tunnel={tunnel.id} />
      </div>
    </>
  );
}

/** Dots until asked for; the number of dots says nothing. */
function Secret({ tunnel }: { readonly tunnel: string }) {
  const [secret, setSecret] = useState<string>();
  const reveal = () =>
    void attempt('The secret was not shown', async () =>
      setSecret((await call('tunnels.revealSecret', { tunnel })).secret),
    );
  return (
    <>
      {secret === undefined ? (
        <span className="grow" role="img" aria-label="Hidden secret">
          ••••••••••••
        </span>
      ) : (
        <span className="grow selectable secret">{secret}</span>
      )}
      <IconButton
        icon={secret === undefined ? 'eye' : 'masked'}
        label={secret === undefined ? 'Show secret' : 'Hide secret'}
        small
        onClick={() => (secret === undefined ? reveal() : setSecret(undefined))}
      />
    </>
  );
}
