import { Menu } from '@mantine/core';
import { Button } from '../../theme/Button.tsx';
import { Icon } from '../../theme/Icon.tsx';
import type { CopyFormat } from '../copy/copy-formats.ts';

interface ResultActionsProps {
  /** What would be copied: *12 cells*, *12,480 rows*. */
  readonly what: string;
  readonly disabled: boolean;
  readonly onCopy: (format: CopyFormat) => void;
  readonly onExport: (format: CopyFormat) => void;
}

const formats: readonly (readonly [CopyFormat, string])[] = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['insert', 'INSERT statements'],
];

/** Copy as and Export, for what is selected or else the whole result. */
export function ResultActions({ what, disabled, onCopy, onExport }: ResultActionsProps) {
  return (
    <span className="row resactions">
      <Menu position="bottom-end">
        <Menu.Target>
          <Button look="ghost" icon="copy" disabled={disabled}>
            Copy as
            <Icon name="down" small />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{what}</Menu.Label>
          {formats.map(([format, name]) => (
            <Menu.Item key={format} onClick={() => onCopy(format)}>
              {name}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => onCopy('tsv')}>Tab-separated text</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button look="ghost" icon="download" disabled={disabled}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{what}</Menu.Label>
          {formats.map(([format, name]) => (
            <Menu.Item key={format} onClick={() => onExport(format)}>
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
