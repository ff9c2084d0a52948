import { Switch } from '@mantine/core';
import { useState } from 'react';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { lineCount, pasteable } from './screen/paste-text.ts';

interface PasteDialogProps {
  readonly text: string;
  /** What it would be pasted into. */
  readonly into: string;
  readonly production: boolean;
  /** `never`: not to be asked again in this tab. */
  readonly onAnswer: (paste: boolean, never: boolean) => void;
}

/** Most characters shown of what would be pasted. */
const SHOWN = 2000;

/** Several lines would run one after the other: they are shown before. */
export function PasteDialog({ text, into, production, onAnswer }: PasteDialogProps) {
  const [never, setNever] = useState(false);
  const shown = pasteable(text);
  const lines = lineCount(shown);
  return (
    <Dialog
      label={`Paste ${lines} lines`}
      width={540}
      production={production}
      onClose={() => onAnswer(false, false)}
    >
      <div className="dhead">
        <h2 className="grow ell">
          Paste {lines} lines into {into}?
        </h2>
      </div>
      <div className="dbody">
        <pre className="pastetext mono selectable">
          {shown.slice(0, SHOWN)}
          {shown.length > SHOWN ? '…' : ''}
        </pre>
        <Switch
          label="Don't ask again in this tab"
          checked={never}
          onChange={({ currentTarget: { checked } }) => setNever(checked)}
        />
      </div>
      <div className="dfoot">
        <span className="grow" />
        <Button size="l" hint="Esc" onClick={() => onAnswer(false, false)}>
          Cancel
        </Button>
        <Button look="primary" size="l" data-autofocus onClick={() => onAnswer(true, never)}>
          Paste
        </Button>
      </div>
    </Dialog>
  );
}
