import type { Resource } from '@drawbridge/contract';
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { failureText, remember, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { environmentOf } from '../state/environment.ts';
import { shortcutText } from '../state/keys.ts';
import { glassGroups, mayBreakGlass, needsTicket, waitingFor } from '../state/needs-text.ts';
import { useBlocked } from '../state/own-access.ts';
import { durationText } from '../state/time-text.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { NotDone } from '../theme/NotDone.tsx';
import { DurationField, useDuration } from './DurationField.tsx';
import { GlassChoice } from './GlassChoice.tsx';
import { ProfileOption } from './ProfileOption.tsx';
import { ReasonField } from './ReasonField.tsx';
import { readScope } from './read-scope.ts';
import { ScopeField } from './ScopeField.tsx';
import { type Target, TargetList } from './TargetList.tsx';
import { WhoDecides } from './WhoDecides.tsx';

interface RequestFormProps {
  /** At least one. */
  readonly resources: readonly Resource[];
  /** The profile of the first. */
  readonly wanted: string | undefined;
  readonly onClose: () => void;
}

/** What to ask for, for how long and why; who decides is said before anything is sent. */
export function RequestForm({ resources, wanted, onClose }: RequestFormProps) {
  const platform = useApp((state) => state.app.platform);
  const blocked = useBlocked();
  const problemId = useId();
  const [left, setLeft] = useState<readonly string[]>([]);
  const [profiles, setProfiles] = useState<Readonly<Record<string, string>>>({});
  const [reason, setReason] = useState('');
  const [narrowed, setNarrowed] = useState('');
  const [breakGlass, setBreakGlass] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const targets = resources
    .filter(({ name }) => !left.includes(name))
    .flatMap((resource, index): Target[] => {
      const possible = resource.profiles.filter((profile) => profile.access !== 'denied');
      const name = profiles[resource.name] ?? (index === 0 ? wanted : undefined);
      const profile = possible.find((candidate) => candidate.name === name) ?? possible[0];
      return profile === undefined ? [] : [{ resource, profile }];
    });
  const [first] = targets;
  const several = targets.length > 1;
  const needs = targets.flatMap(({ profile }) => profile.needs);
  const maximum = Math.min(...targets.map(({ profile }) => profile.maxDuration));
  const duration = useDuration(first === undefined ? 0 : maximum);
  const ticket = needsTicket(needs);
  const glass = mayBreakGlass(needs);
  const breaking = glass && breakGlass;
  const scope = first === undefined || several ? undefined : readScope(first.resource.protocol, narrowed);
  const ready =
    first !== undefined &&
    duration.duration !== undefined &&
    scope?.kind !== 'wrong' &&
    reason.trim() !== '' &&
    blocked === undefined &&
    !busy;

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready || duration.duration === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const request = await call('requests.create', {
        resource: first.resource.name,
        profile: first.profile.name,
        ...(several && {
          also: targets.slice(1).map(({ resource, profile }) => ({
            resource: resource.name,
            profile: profile.name,
          })),
        }),
        ...(scope?.kind === 'scope' && { scope: scope.scope }),
        ...(breaking && { breakGlass: true }),
        duration: duration.duration,
        reason: reason.trim(),
      });
      for (const { resource } of targets.toReversed()) remember(resource.name);
      useView.setState({ selected: first.resource.name, picked: [] });
      onClose();
      showToast(
        request.state === 'approved'
          ? {
              kind: 'active',
              title: `Granted: ${nameOf(targets)}`,
              body: 'The time starts when you first connect.',
            }
          : {
              kind: 'info',
              title: `Sent to ${waitingFor(request.needs)}`,
              body: 'You hear here and outside the window when it is decided.',
            },
      );
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
  const shown = first?.resource ?? resources[0];
  if (shown === undefined) return null;
  const facts = protocolFacts(shown.protocol);
  const title = several ? `Request access to ${targets.length} resources` : `Request access to ${shown.name}`;
  const production = targets.some(({ resource }) => environmentOf(resource.labels).production);
  return (
    <Dialog label={title} production={production} onClose={onClose}>
      <form className="requestform" onSubmit={(event) => void submit(event)} onKeyDown={onKey} noValidate>
        <div className="dhead">
          <span className="tile">
            <Icon name={several ? 'resources' : facts.icon} />
          </span>
          <div className="grow">
            <h2>{title}</h2>
            <div className="meta ell">
              {several ? 'One review, one grant for each' : subtitle(shown, facts.name)}
            </div>
          </div>
          {several ? null : <EnvironmentTag labels={shown.labels} />}
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <div className="dbody">
          {several ? (
            <TargetList
              targets={targets}
              onProfile={(name, profile) => setProfiles({ ...profiles, [name]: profile })}
              onRemove={(name) => setLeft([...left, name])}
            />
          ) : (
            <fieldset>
              <legend className="lab">Profile</legend>
              <div className="opts">
                {shown.profiles.map((candidate) => (
                  <ProfileOption
                    key={candidate.name}
                    profile={candidate}
                    masked={shown.maskedColumns}
                    on={candidate === first?.profile}
                    onChoose={() => setProfiles({ ...profiles, [shown.name]: candidate.name })}
                  />
                ))}
              </div>
            </fieldset>
          )}
          <DurationField
            choice={duration}
            maximum={maximum}
            of={first === undefined ? undefined : several ? 'these profiles' : first.profile.name}
          />
          <ReasonField
            value={reason}
            ticket={ticket}
            problem={problem === undefined ? undefined : problemId}
            onChange={setReason}
          />
          {scope === undefined ? null : (
            <ScopeField protocol={shown.protocol} text={narrowed} reading={scope} onChange={setNarrowed} />
          )}
          {targets.length === 0 ? null : (
            <WhoDecides needs={needs} open={targets.every(({ profile }) => profile.access === 'open')} />
          )}
          {glass ? (
            <GlassChoice on={breakGlass} groups={glassGroups(needs)} onChange={setBreakGlass} />
          ) : null}
          {duration.duration === undefined ? null : (
            <p className="row meta starts">
              <Icon name="clock" small />
              The {durationText(duration.duration)} start when you first connect.
            </p>
          )}
          <NotDone what="Not sent." problem={problem} id={problemId} />
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
          <Button
            type="submit"
            look="primary"
            className={breaking ? 'danger' : ''}
            size="l"
            disabled={!ready}
            hint={shortcutText(platform, '⏎')}
          >
            {blocked ?? (breaking ? 'Break the glass' : 'Send request')}
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

function nameOf([first, ...more]: readonly Target[]): string {
  if (first === undefined) return '';
  const name = `${first.resource.name}, ${first.profile.name}`;
  return more.length === 0 ? name : `${name}, and ${more.length} more`;
}
