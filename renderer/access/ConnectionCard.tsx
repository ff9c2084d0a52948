import './access.css';
import type { Resource } from '@drawbridge/contract';
import { useState } from 'react';
import type { TunnelState } from '../../main/ipc/app-state.ts';
import { attempt, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useOnline } from '../state/own-access.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { EditPort } from './EditPort.tsx';
import { psqlLine } from './psql-line.ts';

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
            A tunnel listens on this computer{port === undefined ? '' : <>, on port {port}</>}, for psql,
            DBeaver and whatever else speaks PostgreSQL.
          </p>
          <Button icon="link" disabled={!online || opening} onClick={() => void open()}>
            Open tunnel
          </Button>
        </div>
      ) : (
        <OpenTunnel tunnel={tunnel} key={tunnel.id} />
      )}
    </section>
  );
}

function OpenTunnel({ tunnel }: { readonly tunnel: TunnelState }) {
  const copy = (what: 'secret' | 'psql' | 'url' | 'env', said: string) =>
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
        <IconButton icon="copy" label="Copy psql line" small onClick={() => copy('psql', 'psql line')} />
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
      </div>
      <div className="row tunnelfoot">
        <button type="button" className="link meta c-accent" onClick={() => copy('url', 'URL')}>
          Copy URL
        </button>
        <button type="button" className="link meta c-accent" onClick={() => copy('env', 'PG variables')}>
          Copy PG variables
        </button>
        <span className="grow" />
        <button
          type="button"
          className="link meta c-accent"
          onClick={() =>
            void attempt('The tunnel is still open', () => call('tunnels.close', { tunnel: tunnel.id }))
          }
        >
          Close tunnel
        </button>
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
