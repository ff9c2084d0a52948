import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { type Found, findInScreens } from './find-in-screens.ts';
import type { RecordedScreen } from './terminal-output.ts';

const none: readonly Found[] = [];
/** Milliseconds without anything new. */
const QUIET = 500;

/** The moments at which a text appeared, looked for as it is typed and as more is recorded; undefined while looking. */
export function useFound(
  screens: readonly RecordedScreen[],
  text: string,
  version: number,
): readonly Found[] | undefined {
  const wanted = useDeferredValue(text);
  const [answer, setAnswer] = useState<{ wanted: string; found: readonly Found[] }>({
    wanted: '',
    found: none,
  });
  const answered = useRef(answer.wanted);
  answered.current = answer.wanted;
  // biome-ignore lint/correctness/useExhaustiveDependencies: screens are the same objects, the version says that they grew
  useEffect(() => {
    const ending = new AbortController();
    const look = () =>
      void findInScreens(screens, wanted, ending.signal).then((found) => {
        if (!ending.signal.aborted) setAnswer({ wanted, found });
      });
    // What is answered already is looked for anew once the screens are quiet.
    const timer = setTimeout(look, answered.current === wanted ? QUIET : 0);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [screens, wanted, version]);
  return answer.wanted === text ? answer.found : undefined;
}
