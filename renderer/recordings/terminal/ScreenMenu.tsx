import { Menu } from '@mantine/core';
import { Icon } from '../../theme/Icon.tsx';
import { screenName, screenTimes } from './screen-words.ts';
import type { RecordedScreen } from './terminal-output.ts';

interface ScreenMenuProps {
  readonly screens: readonly RecordedScreen[];
  readonly shown: RecordedScreen;
  /** Whether one was chosen; else it is the one that is open at the moment. */
  readonly chosen: boolean;
  readonly began: number;
  readonly onChoose: (screen: RecordedScreen | undefined) => void;
}

/** Which of several shells and commands is looked at. */
export function ScreenMenu({ screens, shown, chosen, began, onChoose }: ScreenMenuProps) {
  if (screens.length === 1) return <span className="t2 ell recscreenname">{screenName(screens, shown)}</span>;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className="chip recscreenname" aria-label="Shell or command to look at">
          <span className="ell">{screenName(screens, shown)}</span>
          <span className="t3 num">
            {screens.indexOf(shown) + 1} of {screens.length}
          </span>
          <Icon name="down" small />
        </button>
      </Menu.Target>
      <Menu.Dropdown className="tallmenu">
        <Menu.Item
          leftSection={chosen ? <span className="i s" /> : <Icon name="check" small />}
          onClick={() => onChoose(undefined)}
        >
          Whatever is open
        </Menu.Item>
        {screens.map((screen) => (
          <Menu.Item
            key={screen.channel}
            leftSection={chosen && screen === shown ? <Icon name="check" small /> : <span className="i s" />}
            rightSection={<span className="meta num">{screenTimes(screen, began)}</span>}
            onClick={() => onChoose(screen)}
          >
            <span className="ell recscreenitem">{screenName(screens, screen)}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
