import type { Notice, NoticeAction } from '../outside/notice.ts';
import type { Notifier } from '../outside/notifier.ts';

/** A notifier whose notices the test reads and presses. */
export interface QuietNotifier extends Notifier {
  readonly shown: Notice[];
  readonly withdrawn: string[];
  /** Presses a button, or the notice itself, of the last notice with that key. */
  press(key: string, label?: string): void;
}

export function quietNotifier(): QuietNotifier {
  const shown: Notice[] = [];
  const withdrawn: string[] = [];
  const acts = new Map<string, (action: NoticeAction) => void>();
  return {
    shown,
    withdrawn,
    show: async (notice, act) => {
      shown.push(notice);
      acts.set(notice.key, act);
    },
    withdraw: async (key) => void withdrawn.push(key),
    close: () => undefined,
    press: (key, label) => {
      const notice = shown.findLast((candidate) => candidate.key === key);
      const action =
        label === undefined
          ? notice?.click
          : notice?.buttons.find((button) => button.label === label)?.action;
      if (action === undefined) throw new Error(`there is no ${label ?? 'notice'} on ${key}`);
      acts.get(key)?.(action);
    },
  };
}
