import { type FormEvent, useId, useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { hostOf, readGatewayAddress } from '../state/gateway-address.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { VaultNote } from './VaultNote.tsx';

interface GatewayFormProps {
  readonly onAdded?: () => void;
  readonly children?: (form: { readonly busy: boolean; readonly ready: boolean }) => React.ReactNode;
}

/** Asks for a gateway's address. Main speaks to it before it is kept. */
export function GatewayForm({ onAdded, children }: GatewayFormProps) {
  const field = useId();
  const note = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const url = readGatewayAddress(text);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (url === undefined) {
      setProblem(
        'Write an address such as gate.example.com. Only this machine may be reached without https.',
      );
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      await call('gateways.add', { url });
      onAdded?.();
    } catch (error) {
      setProblem(failureText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <label className="lab" htmlFor={field}>
        Gateway address
      </label>
      <div className={`field tall${problem === undefined ? '' : ' bad'}`}>
        <input
          id={field}
          className="mono"
          value={text}
          placeholder="gate.example.com"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          data-autofocus
          // biome-ignore lint/a11y/noAutofocus: the only field of the view
          autoFocus
          aria-describedby={problem === undefined ? undefined : note}
          aria-invalid={problem !== undefined}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setProblem(undefined);
          }}
        />
        {url === undefined ? null : <Icon name="check" className="c-active" label="Looks like an address" />}
      </div>
      {problem === undefined ? null : (
        <p className="fieldnote bad" id={note} role="alert">
          <Icon name="warning" small />
          <span>{problem}</span>
        </p>
      )}
      {children === undefined ? (
        <>
          <VaultNote />
          <Button type="submit" look="primary" size="xl" disabled={busy || text.trim() === ''}>
            {busy ? `Looking for ${url === undefined ? 'it' : hostOf(url)}` : 'Continue'}
          </Button>
        </>
      ) : (
        children({ busy, ready: text.trim() !== '' })
      )}
    </form>
  );
}
