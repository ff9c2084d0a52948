import type { RecordingHeader } from '@drawbridge/contract';
import { useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';

type Verdict =
  | { readonly kind: 'running' }
  | { readonly kind: 'ok'; readonly events: number; readonly crashed: boolean }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Checks the chain and the signature anew, in the main process, and says what came of it. */
export function VerifySeal({ session }: { readonly session: RecordingHeader['session'] }) {
  const [verdict, setVerdict] = useState<Verdict | undefined>();
  const verify = async () => {
    setVerdict({ kind: 'running' });
    try {
      const { ok, events = 0, reason, crashed = false } = await call('recordings.verify', { session });
      setVerdict(
        ok
          ? { kind: 'ok', events, crashed }
          : { kind: 'bad', reason: reason ?? 'It is not what was recorded.' },
      );
    } catch (error) {
      setVerdict({ kind: 'unknown', reason: failureText(error) });
    }
  };
  const running = verdict?.kind === 'running';
  return (
    <>
      <span role="status" className="row verdict">
        {verdict === undefined || running ? null : <Seal verdict={verdict} />}
      </span>
      <Button disabled={running} onClick={() => void verify()}>
        {running ? 'Verifying' : verdict === undefined ? 'Verify' : 'Verify again'}
      </Button>
    </>
  );
}

function Seal({ verdict }: { readonly verdict: Exclude<Verdict, { kind: 'running' }> }) {
  if (verdict.kind === 'ok')
    return (
      <span
        className="seal"
        title={
          verdict.crashed
            ? 'The gateway stopped while it was recorded; what had reached the disk was sealed at its next start.'
            : undefined
        }
      >
        <Icon name="seal" />
        Verified, {verdict.events.toLocaleString('en-US')} events
        {verdict.crashed ? ', sealed after a crash' : ''}
      </span>
    );
  return (
    <span className={verdict.kind === 'bad' ? 'seal bad' : 'seal unknown'} title={verdict.reason}>
      <Icon name={verdict.kind === 'bad' ? 'refused' : 'warning'} />
      <span className="ell">
        {verdict.kind === 'bad' ? 'Not verified' : 'Could not verify'}: {verdict.reason}
      </span>
    </span>
  );
}
