import type { KeyboardEvent, ReactNode } from 'react';
import type { ResultView } from '../console/console-state.ts';

/** A result by its id, or one of the fixed tabs. */
export type ShownTab = number | 'messages' | 'plan';

interface ResultTabsProps {
  readonly id: string;
  readonly results: readonly ResultView[];
  readonly shown: ShownTab;
  /** The latest run failed or was refused: Messages has a mark. */
  readonly failed: boolean;
  /** What runs is held: Messages has a mark. */
  readonly held: boolean;
  readonly onShow: (tab: ShownTab) => void;
  /** What stands at the right. */
  readonly children: ReactNode;
}

/** Results, Messages, Plan: arrows move between them. */
export function ResultTabs({ id, results, shown, failed, held, onShow, children }: ResultTabsProps) {
  const tabs: readonly ShownTab[] = [...results.map((result) => result.id), 'messages', 'plan'];
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onShow(next);
    event.currentTarget.querySelector<HTMLElement>(`#${CSS.escape(`${id}-${next}`)}`)?.focus();
  };
  const tab = (key: ShownTab, content: ReactNode) => (
    <button
      key={key}
      id={`${id}-${key}`}
      type="button"
      role="tab"
      aria-selected={shown === key}
      aria-controls={`${id}-panel`}
      tabIndex={shown === key ? 0 : -1}
      className={shown === key ? 'rt on' : 'rt'}
      onClick={() => onShow(key)}
    >
      {content}
    </button>
  );
  return (
    <div className="restabs">
      <div role="tablist" aria-label="Results" className="rtlist" onKeyDown={onKeyDown}>
        {results.map((result, index) =>
          tab(
            result.id,
            <>
              Result {index + 1} <span className="t3 num">{result.length.toLocaleString('en-US')}</span>
            </>,
          ),
        )}
        {tab(
          'messages',
          <>
            Messages
            {held ? <span className="dot held" role="img" aria-label="held" /> : null}
            {failed ? <span className="dot denied" role="img" aria-label="failed" /> : null}
          </>,
        )}
        {tab('plan', 'Plan')}
      </div>
      <div className="grow" />
      {children}
    </div>
  );
}
