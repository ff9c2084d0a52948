import './settings.css';
import { Switch } from '@mantine/core';
import type { ReactNode } from 'react';
import { EditPort } from '../access/EditPort.tsx';
import { vaultText } from '../sign-in/vault-text.ts';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { hostOf } from '../state/gateway-address.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Seg } from '../theme/Seg.tsx';
import { Tag } from '../theme/Tag.tsx';
import { RemoveGateway } from './RemoveGateway.tsx';

const set = (change: Parameters<typeof call<'settings.set'>>[1]) =>
  void attempt('The setting was not kept', () => call('settings.set', change));

/** Gateways, ports, looks, notifications, and where secrets are. */
export function SettingsPage() {
  return (
    <>
      <div className="pagehead ruled">
        <h1>Settings</h1>
      </div>
      <div className="settings">
        <Gateways />
        <Looks />
        <Terminals />
        <Ports />
        <Secrets />
        <About />
      </div>
    </>
  );
}

interface GroupProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

function Group({ title, children, action }: GroupProps) {
  return (
    <section className="setgroup" aria-label={title}>
      <div className="sethead">
        <h2>{title}</h2>
        {action}
      </div>
      <div className="card">{children}</div>
    </section>
  );
}

interface LineProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly children?: ReactNode;
}

function Line({ title, note, children }: LineProps) {
  return (
    <div className="setline">
      <div className="grow">
        <div className="strong row">{title}</div>
        {note === undefined ? null : <div className="meta selectable">{note}</div>}
      </div>
      {children}
    </div>
  );
}

function Gateways() {
  const gateways = useApp((state) => state.gateways);
  const active = useApp((state) => state.activeGateway);
  const me = useApp((state) => state.me);
  return (
    <Group
      title="Gateways"
      action={
        <Button icon="plus" onClick={() => useView.setState({ addGateway: true })}>
          Add a gateway
        </Button>
      }
    >
      {gateways.map((gateway) => {
        const on = gateway.id === active;
        const who = on && me !== undefined ? `, signed in as ${me.user.displayName}` : '';
        return (
          <Line
            key={gateway.id}
            title={
              <>
                {gateway.name} {on ? <Tag tone="active">In use</Tag> : null}
              </>
            }
            note={`${hostOf(gateway.url)}${who}`}
          >
            {on ? (
              <Button onClick={() => void attempt('You are still signed in', () => call('signIn.out'))}>
                Sign out
              </Button>
            ) : (
              <Button
                onClick={() =>
                  void attempt('The gateway was not changed', () =>
                    call('gateways.select', { id: gateway.id }),
                  )
                }
              >
                Use
              </Button>
            )}
            <RemoveGateway gateway={gateway} />
          </Line>
        );
      })}
    </Group>
  );
}

function Looks() {
  const settings = useApp((state) => state.settings);
  return (
    <Group title="This app">
      <Line title="Theme">
        <Seg
          label="Theme"
          value={settings.theme}
          options={[
            { value: 'system', text: 'System' },
            { value: 'light', text: 'Light' },
            { value: 'dark', text: 'Dark' },
          ]}
          onChange={(theme) => set({ theme })}
        />
      </Line>
      <Line title="Notifications" note="Requests to review, decisions, five minutes left, and what ended.">
        <Switch
          aria-label="Notifications"
          checked={settings.notifications}
          onChange={(event) => set({ notifications: event.currentTarget.checked })}
        />
      </Line>
      <Line title="Keyboard">
        <Button icon="keyboard" onClick={() => useView.setState({ keys: true })}>
          All shortcuts
        </Button>
      </Line>
    </Group>
  );
}

function Terminals() {
  const terminal = useApp((state) => state.settings.terminal);
  const change = (part: Partial<typeof terminal>) => set({ terminal: { ...terminal, ...part } });
  return (
    <Group title="Terminals">
      <Line title="Size of the text">
        <Seg
          label="Size of the text"
          value={String(terminal.fontSize)}
          options={withChosen(['12', '13', '14', '16', '18'], terminal.fontSize)}
          onChange={(size) => change({ fontSize: Number(size) })}
        />
      </Line>
      <Line title="Lines kept above the screen">
        <Seg
          label="Lines kept above the screen"
          value={String(terminal.scrollback)}
          options={withChosen(['1000', '10000', '50000'], terminal.scrollback)}
          onChange={(lines) => change({ scrollback: Number(lines) })}
        />
      </Line>
      <Line title="Bell" note="The edge of the terminal lights up. It makes no sound.">
        <Switch
          aria-label="Bell"
          checked={terminal.bell}
          onChange={(event) => change({ bell: event.currentTarget.checked })}
        />
      </Line>
      <Line title="Screen reader" note="Reads out what programs write. Takes time where they write a lot.">
        <Switch
          aria-label="Screen reader"
          checked={terminal.screenReader}
          onChange={(event) => change({ screenReader: event.currentTarget.checked })}
        />
      </Line>
    </Group>
  );
}

/** The usual choices, and what was chosen elsewhere. */
function withChosen(usual: readonly string[], chosen: number) {
  const values = [...new Set([...usual, String(chosen)])].toSorted((a, b) => Number(a) - Number(b));
  return values.map((value) => ({ value, text: Number(value).toLocaleString('en-US') }));
}

function Ports() {
  const ports = useApp((state) => state.settings.ports);
  const tunnels = useApp((state) => state.tunnels);
  const entries = Object.entries(ports).toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <Group title="Local ports">
      {entries.length === 0 ? (
        <p className="meta setempty">A resource gets its port with its first tunnel, and keeps it.</p>
      ) : (
        entries.map(([key, port]) => {
          const [resource = '', profile = ''] = key.split('/');
          const open = tunnels.some((tunnel) => tunnel.resource === resource && tunnel.profile === profile);
          return (
            <Line
              key={key}
              title={
                <>
                  {resource} <span className="t3 plain">{profile}</span>{' '}
                  {open ? <Tag tone="active">Open</Tag> : null}
                </>
              }
            >
              <span className="mono num">127.0.0.1:{port}</span>
              <EditPort resource={resource} profile={profile} port={port} />
            </Line>
          );
        })
      )}
    </Group>
  );
}

function Secrets() {
  const { platform, vault } = useApp((state) => state.app);
  return (
    <Group title="Where secrets are">
      <Line
        title={
          <>
            <Icon
              name={vault.persistent ? 'lock' : 'warning'}
              small
              className={vault.persistent ? 't3' : 'c-pending'}
            />
            Your sign-in
          </>
        }
        note={`${vaultText(platform, vault)} Backend: ${vault.backend}.`}
      />
      <Line
        title={
          <>
            <Icon name="link" small className="t3" />
            Tunnel secrets
          </>
        }
        note="In memory, new with each tunnel, worthless outside this computer."
      />
      <Line
        title={
          <>
            <Icon name="seal" small className="t3" />
            Passwords of databases
          </>
        }
        note="Only the gateway has them. They never reach this computer."
      />
    </Group>
  );
}

function About() {
  const app = useApp((state) => state.app);
  const gateway = useApp((state) => state.me?.gateway);
  const names = { darwin: 'macOS', win32: 'Windows', linux: 'Linux' } as const;
  return (
    <Group title="About">
      <Line title={`Drawbridge ${app.version}`} note={names[app.platform]} />
      {gateway === undefined ? null : (
        <Line title={`Gateway ${gateway.name}`} note={`Version ${gateway.version}`} />
      )}
    </Group>
  );
}
