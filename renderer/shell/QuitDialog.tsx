import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useView } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Dialog } from '../theme/Dialog.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Logo } from '../theme/Logo.tsx';
import { Tag } from '../theme/Tag.tsx';
import { quitTitle } from './quit-title.ts';

/** What quitting closes, before it does. */
export function QuitDialog() {
  const question = useView((view) => view.quit);
  if (question === undefined) return null;
  const answer = (choice: 'quit' | 'cancel' | 'tray') => {
    useView.setState({ quit: undefined });
    void attempt('Drawbridge goes on running', () => call('app.quit', { answer: choice }));
  };
  const title = quitTitle(question.sessions.length, question.tunnels.length);
  return (
    <Dialog label={title} width={520} onClose={() => answer('cancel')}>
      <div className="dhead quithead">
        <Logo size={40} />
        <div className="grow">
          <h2>{title}</h2>
          <p className="t2">Unsaved work in them is lost. The time of your grants keeps running.</p>
        </div>
      </div>
      <div className="dbody quitbody">
        <ul className="quitlist">
          {question.sessions.map((session, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes while it is shown
            <li key={index}>
              <Icon name={session.kind === 'terminal' ? 'terminal' : 'database'} className="t3" />
              <span className="row">
                {session.resource ?? 'Local shell'}{' '}
                {session.production ? <Tag tone="prod">Production</Tag> : null}
              </span>
              <span className="meta">{session.note}</span>
            </li>
          ))}
          {question.tunnels.map((tunnel) => (
            <li key={tunnel.port}>
              <Icon name="link" className="t3" />
              <span>Tunnel 127.0.0.1:{tunnel.port}</span>
              <span className="meta">{tunnel.note}</span>
            </li>
          ))}
        </ul>
      </div>
      <div className="dfoot">
        <Button look="ghost" size="l" onClick={() => answer('tray')}>
          Keep running in the tray
        </Button>
        <span className="grow" />
        <Button size="l" hint="Esc" onClick={() => answer('cancel')}>
          Cancel
        </Button>
        <Button look="primary" size="l" data-autofocus onClick={() => answer('quit')}>
          Quit
        </Button>
      </div>
    </Dialog>
  );
}
