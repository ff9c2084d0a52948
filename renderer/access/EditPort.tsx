import { Popover } from '@mantine/core';
import { type FormEvent, useId, useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { Button } from '../theme/Button.tsx';

interface EditPortProps {
  readonly resource: string;
  readonly profile: string;
  readonly port: number | undefined;
}

/** Changes the local port that a resource and profile always get. */
export function EditPort({ resource, profile, port }: EditPortProps) {
  const field = useId();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const toggle = () => {
    setText(port === undefined ? '' : String(port));
    setProblem(undefined);
    setOpen(!open);
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = Number(text);
    if (!/^\d+$/.test(text) || wanted < 1024 || wanted > 65_535) {
      setProblem('A port is a number from 1024 to 65535.');
      return;
    }
    setBusy(true);
    try {
      await call('tunnels.setPort', { resource, profile, port: wanted });
      setOpen(false);
    } catch (error) {
      setProblem(failureText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className="link" onClick={toggle}>
          Edit port
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={`Local port of ${resource}, ${profile}`}>
        <form className="portform" onSubmit={(event) => void save(event)} noValidate>
          <label className="lab" htmlFor={field}>
            Local port
          </label>
          <div className="row">
            <div className={problem === undefined ? 'field' : 'field bad'}>
              <input
                id={field}
                className="mono"
                inputMode="numeric"
                value={text}
                data-autofocus
                aria-invalid={problem !== undefined}
                aria-describedby={`${field}-note`}
                onChange={(event) => {
                  setText(event.currentTarget.value.trim());
                  setProblem(undefined);
                }}
              />
            </div>
            <Button type="submit" look="primary" disabled={busy}>
              Save
            </Button>
          </div>
          <p
            id={`${field}-note`}
            className={problem === undefined ? 'fieldnote' : 'fieldnote bad'}
            role="status"
          >
            {problem ?? 'Stays the same over restarts. An open tunnel moves there.'}
          </p>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
