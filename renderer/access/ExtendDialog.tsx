import './access.css';
import type { Grant, ProfileAccess } from '@drawbridge/contract';
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { failureText, showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { environmentOf } from '../state/environment.ts';
import { isUsable } from '../state/grant-time.ts';
import { shortcutText } from '../state/keys.ts';
import { glassGroups, mayBreakGlass, needsTicket, waitingFor } from '../state/needs-text.ts';
import { useBlocked, useResource } from '../state/own-access.ts';
import { durationText } from '../state/time-text.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { NotDone } from '../theme/NotDone.tsx';
import { DurationField, useDuration } from './DurationField.tsx';
import { GlassChoice } from './GlassChoice.tsx';
import { GrantTime } from './GrantTime.tsx';
import { ReasonField } from './ReasonField.tsx';
import { WhoDecides } from './WhoDecides.tsx';

/** Asks for more time under a grant that runs, where the app was told to. */
export function ExtendDialog() {
  const wanted = useView((view) => view.extend);
  const grant = useApp((state) => state.grants)?.find(({ id }) => id === wanted);
  const resource = useResource(grant?.resource);
  const now = useNow('minute');
  if (grant === undefined || resource === undefined) return null;
  const close = () => useView.setState({ extend: undefined });
  const profile = resource.profiles.find(({ name }) => name === grant.profile);
  if (profile === undefined || !isUsable(grant, now)) return null;
  const production = environmentOf(resource.labels).production;
  return (
    <ExtendForm key={grant.id} grant={grant} profile={profile} production={production} onClose={close} />
  );
}

interface ExtendFormProps {
  readonly grant: Grant;
  readonly profile: ProfileAccess;
  readonly production: boolean;
  readonly onClose: () => void;
}

function ExtendForm({ grant, profile, production, onClose }: ExtendFormProps) {
  const platform = useApp((state) => state.app.platform);
  const blocked = useBlocked();
  const problemId = useId();
  const duration = useDuration(profile.maxDuration);
  const [reason, setReason] = useState(grant.reason);
  const [breakGlass, setBreakGlass] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const denied = profile.access === 'denied';
  const glass = mayBreakGlass(profile.needs);
  const breaking = glass && breakGlass;
  const ready =
    duration.duration !== undefined && reason.trim() !== '' && blocked === undefined && !busy && !denied;
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready || duration.duration === undefined) return;
    setBusy(true);
    setProblem(undefined);
    try {
      const request = await call('requests.create', {
        resource: grant.resource,
        profile: grant.profile,
        extends: grant.id,
        duration: duration.duration,
        reason: reason.trim(),
        ...(breaking && { breakGlass: true }),
      });
      onClose();
      showToast(
        request.state === 'approved'
          ? { kind: 'active', title: `More time on ${grant.resource}`, body: 'Open connections go on.' }
          : {
              kind: 'info',
              title: `Sent to ${waitingFor(request.needs)}`,
              body: 'Your connections stay open. Until it is approved the time runs on.',
            },
      );
    } catch (error) {
      setProblem(failureText(error));
      setBusy(false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    void submit();
  };
  const title = `More time on ${grant.resource}`;
  return (
    <Dialog label={title} production={production} onClose={onClose}>
      <form className="requestform" onSubmit={(event) => void submit(event)} onKeyDown={onKey} noValidate>
        <div className="dhead">
          <span className="tile">
            <Icon name="clock" />
          </span>
          <div className="grow">
            <h2>{title}</h2>
            <div className="meta ell">{grant.profile}, without connecting anew</div>
          </div>
          <GrantTime grant={grant} />
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <div className="dbody">
          <DurationField choice={duration} maximum={profile.maxDuration} of={profile.name} />
          <ReasonField
            value={reason}
            ticket={needsTicket(profile.needs)}
            problem={problem === undefined ? undefined : problemId}
            onChange={setReason}
          />
          {denied ? (
            <p className="fieldnote bad selectable">
              {profile.explanation ?? 'Policy no longer lets you ask for it.'}
            </p>
          ) : (
            <WhoDecides needs={profile.needs} open={profile.access === 'open'} />
          )}
          {glass ? (
            <GlassChoice on={breakGlass} groups={glassGroups(profile.needs)} onChange={setBreakGlass} />
          ) : null}
          {duration.duration === undefined ? null : (
            <p className="row meta starts">
              <Icon name="clock" small />
              The {durationText(duration.duration)} count from the approval on.
            </p>
          )}
          <NotDone what="Not sent." problem={problem} id={problemId} />
        </div>
        <div className="dfoot">
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
            {blocked ?? (breaking ? 'Break the glass' : 'Ask for more time')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
