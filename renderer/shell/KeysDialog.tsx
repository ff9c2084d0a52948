import { useApp } from '../state/app-store.ts';
import { shortcutText } from '../state/keys.ts';
import { useView } from '../state/view.ts';
import { Dialog } from '../theme/Dialog.tsx';
import { IconButton } from '../theme/IconButton.tsx';

/** Every key there is, in one place. */
export function KeysDialog() {
  const open = useView((view) => view.keys);
  const platform = useApp((state) => state.app.platform);
  if (!open) return null;
  const close = () => useView.setState({ keys: false });
  const command = (key: string) => shortcutText(platform, key);
  // There Ctrl is the program's.
  const inTerminal = (key: string) => command(platform === 'darwin' ? key : `Shift ${key}`);
  const groups = [
    {
      title: 'Everywhere',
      keys: [
        [command('K'), 'Go to anything'],
        [command('B'), 'Show or fold the sidebar'],
        [command('1'), 'The page; 2 to 9 are the tabs'],
        [command('W'), 'Close the tab'],
        ['?', 'These keys'],
        ['Esc', 'Back'],
      ],
    },
    {
      title: 'Lists',
      keys: [
        ['/', 'Search'],
        ['↑ ↓', 'Move'],
        ['⏎', 'Open, connect or request'],
      ],
    },
    {
      title: 'Approvals',
      keys: [
        ['A', 'Approve'],
        ['D', 'Deny with a reason'],
      ],
    },
    {
      title: 'Terminals',
      keys: [
        [inTerminal('C'), 'Copy'],
        [inTerminal('V'), 'Paste'],
        [inTerminal('F'), 'Find'],
        [inTerminal('K'), 'Go to anything'],
        [`${command('+')} ${command('-')}`, 'Larger, smaller text'],
      ],
    },
    {
      title: 'Recordings',
      keys: [
        [', .', 'What was shown before, and next'],
        ['[ ]', 'What stands out before, and next'],
      ],
    },
    { title: 'SQL and dialogs', keys: [[command('⏎'), 'Run, or send']] },
  ] as const;
  return (
    <Dialog label="Keyboard shortcuts" width={720} onClose={close}>
      <div className="dhead">
        <h2 className="grow" tabIndex={-1} data-autofocus>
          Keyboard shortcuts
        </h2>
        <IconButton icon="close" label="Close" onClick={close} />
      </div>
      <div className="dbody keys">
        {groups.map((group) => (
          <section className="sect" key={group.title}>
            <h3>{group.title}</h3>
            <dl className="keylist">
              {group.keys.map(([key, what]) => (
                <div key={key}>
                  <dt>{what}</dt>
                  <dd>
                    <kbd className="kbd">{key}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
