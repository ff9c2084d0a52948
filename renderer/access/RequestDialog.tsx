import './access.css';
import type { Resource } from '@drawbridge/contract';
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { failureText, remember, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { durationChoices, durationProblem, readDuration } from '../state/duration-choices.ts';
import { environmentOf } from '../state/environment.ts';
import { shortcutText } from '../state/keys.ts';
import { needsTicket, waitingFor } from '../state/needs-text.ts';
import { useBlocked, useResource } from '../state/own-access.ts';
import { durationText } from '../state/time-text.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Seg } from '../theme/Seg.tsx';
import { ProfileOption } from './ProfileOption.tsx';
import { WhoDecides } from './WhoDecides.tsx';

/** Asks for access, where the app was told to. */
export function RequestDialog() {
  const request = useView((view) => view.request);
  const resource = useResource(request?.resource);
  const loaded = useApp((state) => state.resources !== undefined);
  // A deep link may come before the list that it points into.
  if (request === undefined || !loaded) return null;
  const close = () => useView.setState({ request: undefined });
  if (resource === undefined) return <Unknown name={request.resource} onClose={close} />;
  return <RequestForm key={resource.name} resource={resource} wanted={request.profile} onClose={close} />;
}

function Unknown({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  return (
    <Dialog label={`Request access to ${name}`} onClose={onClose}>
      <div className="dhead">
        <h2 className="grow">There is no {name} for you here</h2>
      </div>
      <div className="dbody">
        <p className="t2">
          This gateway shows you no resource of that name. Check the link, or the gateway you are signed in
          to.
        </p>
      </div>
      <div className="dfoot">
        <span className="grow" />
        <Button size="l" hint="Esc" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

interface RequestFormProps {
  readonly resource: Resource;
  readonly wanted: string | undefined;
  readonly onClose: () => void;
}

const other = 'other';
const halfAnHour = 1800;

function RequestForm({ resource, wanted, onClose }: RequestFormProps) {
  const platform = useApp((state) => state.app.platform);
  const blocked = useBlocked();
  const ids = { reason: useId(), problem: useId() };
  const possible = resource.profiles.filter((profile) => profile.access !== 'denied');
  const [chosen, setChosen] = useState(wanted);
  const profile = possible.find((candidate) => candidate.name === chosen) ?? possible[0];
  const [choice, setChoice] = useState<string>();
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const maximum = profile?.maxDuration ?? 0;
  const choices = durationChoices(maximum);
  // What was chosen for one profile may be too long for another.
  const fitting =
    choice === other || choices.some((seconds) => String(seconds) === choice) ? choice : undefined;
  const selected = fitting ?? String(choices.includes(halfAnHour) ? halfAnHour : maximum);
  const duration = selected === other ? readDuration(typed) : Number(selected);
  const durationWrong = durationProblem(duration, maximum);
  const ticket = profile !== undefined && needsTicket(profile.needs);
  const ready =
    profile !== undefined &&
    durationWrong === undefined &&
    reason.trim() !== '' &&
    blocked === undefined &&
    !busy;

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready || duration === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const request = await call('requests.create', {
        resource: resource.name,
        profile: profile.name,
        duration,
        reason: reason.trim(),
      });
      remember(resource.name);
      useView.setState({ selected: resource.name });
      onClose();
      if (request.state === 'approved') {
        showToast({
          kind: 'active',
          title: `Granted: ${resource.name}, ${profile.name}`,
          body: 'The time starts when you first connect.',
        });
      } else {
        showToast({
          kind: 'info',
          title: `Sent to ${waitingFor(request.needs)}`,
          body: 'You hear here and outside the window when it is decided.',
        });
      }
    } catch (error) {
      setProblem(failureText(error));
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      void submit();
    }
  };
  const facts = protocolFacts(resource.protocol);
  const title = `Request access to ${resource.name}`;
  return (
    <Dialog label={title} production={environmentOf(resource.labels).production} onClose={onClose}>
      <form className="requestform" onSubmit={(event) => void submit(event)} onKeyDown={onKey} noValidate>
        <div className="dhead">
          <span className="tile">
            <Icon name={facts.icon} />
          </span>
          <div className="grow">
            <h2>{title}</h2>
            <div className="meta ell">{subtitle(resource, facts.name)}</div>
          </div>
          <EnvironmentTag labels={resource.labels} />
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <div className="dbody">
          <fieldset>
            <legend className="lab">Profile</legend>
            <div className="opts">
              {resource.profiles.map((candidate) => (
                <ProfileOption
                  key={candidate.name}
                  profile={candidate}
                  masked={resource.maskedColumns}
                  on={candidate === profile}
                  onChoose={() => setChosen(candidate.name)}
                />
              ))}
            </div>
          </fieldset>
          <div>
            <div className="lab">
              Duration
              {profile === undefined ? null : (
                <span className="meta">
                  Up to {durationText(maximum)} with {profile.name}
                </span>
              )}
            </div>
            <Seg
              label="Duration"
              wide
              value={selected}
              options={[
                ...choices.map((seconds) => ({ value: String(seconds), text: durationText(seconds) })),
                { value: other, text: 'Other' },
              ]}
              onChange={setChoice}
            />
            {selected === other ? (
              <>
                <div
                  className={
                    typed !== '' && durationWrong !== undefined ? 'field otherfield bad' : 'field otherfield'
                  }
                >
                  <input
                    value={typed}
                    placeholder="45 min"
                    aria-label="Other duration"
                    autoFocus
                    onChange={(event) => setTyped(event.currentTarget.value)}
                  />
                </div>
                {typed === '' || durationWrong === undefined ? null : (
                  <p className="fieldnote bad">{durationWrong}</p>
                )}
              </>
            ) : null}
          </div>
          <div>
            <label className="lab" htmlFor={ids.reason}>
              Reason
              {ticket ? <span className="meta">A ticket is required</span> : null}
            </label>
            <textarea
              id={ids.reason}
              className="area"
              value={reason}
              maxLength={2000}
              data-autofocus
              placeholder={
                ticket
                  ? 'INC-4182: what happened, and what you need to do'
                  : 'What happened, and what you need to do'
              }
              aria-describedby={problem === undefined ? undefined : ids.problem}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </div>
          {profile === undefined ? null : <WhoDecides profile={profile} />}
          {duration === undefined || durationWrong !== undefined ? null : (
            <p className="row meta starts">
              <Icon name="clock" small />
              The {durationText(duration)} start when you first connect.
            </p>
          )}
          {problem === undefined ? null : (
            <p className="fieldnote bad selectable" id={ids.problem} role="alert">
              <Icon name="warning" small />
              <span>
                <b>Not sent.</b> {problem}
              </span>
            </p>
          )}
        </div>
        <div className="dfoot">
          <span className="meta row starts">
            <Icon name="recording" small />
            What you do is recorded
          </span>
          <span className="grow" />
          <Button look="ghost" size="l" hint="Esc" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" look="primary" size="l" disabled={!ready} hint={shortcutText(platform, '⏎')}>
            {blocked ?? 'Send request'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function subtitle(resource: Resource, protocol: string): string {
  const { region, team, owner } = resource.labels;
  const by = owner ?? team;
  return [protocol, region, by === undefined ? undefined : `owned by ${by}`].filter(Boolean).join(', ');
}
