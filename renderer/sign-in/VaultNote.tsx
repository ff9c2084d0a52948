import { useApp } from '../state/app-store.ts';
import { Icon } from '../theme/Icon.tsx';
import { vaultText } from './vault-text.ts';

/** Where the sign-in happens and where it is kept, before anybody signs in. */
export function VaultNote() {
  const { platform, vault } = useApp((state) => state.app);
  return (
    <div className="card">
      <div className="stepline">
        <Icon name="lock" className="t3" />
        <div>
          <div className="strong">Sign-in stays in your browser</div>
          <div className="meta">Drawbridge never sees your password. {vaultText(platform, vault)}</div>
        </div>
      </div>
    </div>
  );
}
