import type { ProfileAccess, Resource } from '@drawbridge/contract';
import { Popover } from '@mantine/core';
import { profileSummary } from '../state/profile-text.ts';
import { Icon } from '../theme/Icon.tsx';

interface ProfileOptionProps {
  readonly profile: ProfileAccess;
  readonly masked: Resource['maskedColumns'];
  readonly on: boolean;
  readonly onChoose: () => void;
}

/** A profile to choose; one that policy denies says why. */
export function ProfileOption({ profile, masked, on, onChoose }: ProfileOptionProps) {
  if (profile.access === 'denied') {
    return (
      <div className="opt no">
        <span className="strong">
          <Icon name="lock" small />
          {profile.name}
        </span>
        <span className="meta">
          Not for you.{' '}
          <Popover position="bottom-start" width={280}>
            <Popover.Target>
              <button type="button" className="link" aria-label={`Why not ${profile.name}?`}>
                Why?
              </button>
            </Popover.Target>
            <Popover.Dropdown aria-label={`Why not ${profile.name}`}>
              <p className="t2 selectable">{profile.explanation ?? 'No policy lets you ask for it.'}</p>
              {profile.policies.length === 0 ? null : (
                <p className="meta mono selectable policies">{profile.policies.join(', ')}</p>
              )}
            </Popover.Dropdown>
          </Popover>
        </span>
      </div>
    );
  }
  return (
    <label className={on ? 'opt on' : 'opt'}>
      <input type="radio" name="profile" value={profile.name} checked={on} onChange={onChoose} />
      <span className="strong">{profile.name}</span>
      <span className="meta">{profileSummary(profile, masked)}</span>
    </label>
  );
}
