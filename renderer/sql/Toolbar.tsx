import { Menu } from '@mantine/core';
import { useApp } from '../state/app-store.ts';
import { Button } from '../theme/Button.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Tag } from '../theme/Tag.tsx';
import type { ConsoleState } from './console/console-state.ts';
import { HistoryMenu } from './HistoryMenu.tsx';

interface ToolbarProps {
  readonly state: ConsoleState;
  readonly resource: string;
  /** More than one statement is in the editor. */
  readonly several: boolean;
  readonly selected: boolean;
  readonly onRun: () => void;
  readonly onRunAll: () => void;
  readonly onExplain: (analyze: boolean) => void;
  readonly onCancel: () => void;
  readonly onPick: (text: string) => void;
  readonly onCommand: (text: string) => void;
  readonly onRefresh: () => void;
  readonly onAnother: () => void;
}

const transactions = {
  idle: <Tag>No transaction open</Tag>,
  open: <Tag tone="pending">Transaction open</Tag>,
  failed: <Tag tone="denied">Transaction failed, roll back</Tag>,
} as const;

/** Run, explain, history, and the state of the transaction. */
export function Toolbar(props: ToolbarProps) {
  const { state, several, selected, onRun, onRunAll } = props;
  const platform = useApp(({ app }) => app.platform);
  const ready = state.connection.status === 'ready' && !state.running;
  // With one statement both mean the same, and the shorter key is told.
  const runKey = platform === 'darwin' ? '⌘⏎' : 'Ctrl ⏎';
  const runAllKey = platform === 'darwin' ? '⇧⌘⏎' : 'Ctrl ⇧ ⏎';
  return (
    <div className="toolbar" role="toolbar" aria-label="Run">
      {state.running ? (
        <Button look="plain" icon="close" hint="Esc" onClick={props.onCancel} disabled={state.cancelling}>
          {state.cancelling ? 'Cancelling' : 'Cancel'}
        </Button>
      ) : (
        <Button
          look="primary"
          icon="play"
          hint={several || selected ? runAllKey : runKey}
          disabled={!ready}
          onClick={onRunAll}
        >
          Run all
        </Button>
      )}
      <Button
        look="ghost"
        hint={several || selected ? runKey : undefined}
        disabled={!ready || !(selected || several)}
        onClick={onRun}
      >
        {selected || !several ? 'Run selection' : 'Run statement'}
      </Button>
      <Button look="ghost" icon="plan" disabled={!ready} onClick={() => props.onExplain(false)}>
        Explain
      </Button>
      <HistoryMenu resource={props.resource} onPick={props.onPick} />
      <div className="grow" />
      <span role="status" className="row">
        {transactions[state.transaction]}
      </span>
      <Menu position="bottom-end">
        <Menu.Target>
          <IconButton icon="more" label="More" />
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={!ready} onClick={() => props.onExplain(true)}>
            Run and explain
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            disabled={!ready || state.transaction !== 'open'}
            onClick={() => props.onCommand('COMMIT')}
          >
            Commit
          </Menu.Item>
          <Menu.Item
            disabled={!ready || state.transaction === 'idle'}
            onClick={() => props.onCommand('ROLLBACK')}
          >
            Roll back
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item disabled={!ready} onClick={props.onRefresh}>
            Read tables again
          </Menu.Item>
          <Menu.Item onClick={props.onAnother}>Open another console</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
