import type { RecordingHeader } from '@drawbridge/contract';
import { Menu, Tooltip } from '@mantine/core';
import type { Payload } from '../../main/ipc/contract.ts';
import { attempt, showToast } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Button } from '../theme/Button.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Tag } from '../theme/Tag.tsx';
import { EndSession } from './EndSession.tsx';
import { spanText } from './entry-words.ts';
import { LiveMark } from './LiveMark.tsx';
import type { RecordingState } from './recording-source.ts';
import { VerifySeal } from './VerifySeal.tsx';

type ExportFormat = Payload<'recordings.export'>['format'];

const formats: readonly (readonly [ExportFormat, string, RecordingHeader['protocol'] | undefined])[] = [
  ['recording', 'Recording, signed and verifiable', undefined],
  ['cast', 'Terminal as asciicast', 'ssh'],
  ['ndjson', 'Events as JSON lines', undefined],
  ['csv', 'Rows as CSV', 'postgres'],
];

interface RecordingHeadProps {
  readonly state: RecordingState & { readonly header: RecordingHeader };
  readonly began: number;
  readonly onReadAgain: () => void;
}

/** Who, why and when; while it runs what ends it, afterwards what proves it. */
export function RecordingHead({ state, began, onReadAgain }: RecordingHeadProps) {
  const { header, session, status, timeline, manifest } = state;
  const { principal, approvedBy, reason } = header;
  const live = status === 'live';
  const now = useNow('minute');
  const save = (format: ExportFormat) =>
    attempt('The recording was not exported', async () => {
      const { saved } = await call('recordings.export', { session: header.session, format });
      if (saved !== undefined) showToast({ kind: 'info', title: 'Recording exported', body: saved });
    });
  return (
    <header className="pagehead rechead">
      <Avatar name={principal.displayName} size="l" />
      <div className="grow">
        <h1 className="ell selectable">
          {principal.displayName}, <q>{reason}</q>
        </h1>
        <div className="meta ell">
          {spanText(header.startedAt, live ? Math.max(now, began) : began + timeline.length)}.
          {approvedBy.length === 0
            ? ''
            : ` Approved by ${approvedBy.map(({ displayName }) => displayName).join(', ')}.`}
        </div>
      </div>
      {header.brokenGlass === undefined ? null : (
        <Tooltip label={`“${header.brokenGlass}”`}>
          <span>
            <Tag tone="denied">Broken glass</Tag>
          </span>
        </Tooltip>
      )}
      {live ? (
        <>
          <LiveMark />
          {session?.may.terminate ? <EndSession session={session} /> : null}
        </>
      ) : (
        <>
          {status === 'complete' && manifest === undefined ? (
            <>
              <Tag tone="pending">Not sealed yet</Tag>
              <IconButton small icon="retry" label="Read again" onClick={onReadAgain} />
            </>
          ) : null}
          <VerifySeal session={header.session} />
          <Menu position="bottom-end">
            <Menu.Target>
              <Button icon="download">Export</Button>
            </Menu.Target>
            <Menu.Dropdown>
              {formats
                .filter(([, , protocol]) => protocol === undefined || protocol === header.protocol)
                .map(([format, name]) => (
                  <Menu.Item key={format} onClick={() => void save(format)}>
                    {name}
                  </Menu.Item>
                ))}
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </header>
  );
}
