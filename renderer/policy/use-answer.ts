import { useCallback, useEffect, useRef, useState } from 'react';
import { failureText } from '../state/actions.ts';

export interface Answer<T> {
  /** The latest answer; it stays while the next one is awaited. */
  readonly value: T | undefined;
  readonly failure: string | undefined;
  readonly loading: boolean;
  readonly again: () => void;
}

/** Asks when it is first shown and whenever `key` changes. An answer to an earlier question is left alone. */
export function useAnswer<T>(key: string, ask: () => Promise<T>): Answer<T> {
  const [state, setState] = useState<Omit<Answer<T>, 'again'>>({
    value: undefined,
    failure: undefined,
    loading: true,
  });
  const asked = useRef(0);
  const latest = useRef(ask);
  latest.current = ask;
  const again = useCallback(() => {
    const question = ++asked.current;
    setState((before) => ({ ...before, loading: true }));
    latest.current().then(
      (value) => {
        if (question === asked.current) setState({ value, failure: undefined, loading: false });
      },
      (error: unknown) => {
        if (question === asked.current)
          setState((before) => ({ value: before.value, failure: failureText(error), loading: false }));
      },
    );
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the question.
  useEffect(() => {
    setState({ value: undefined, failure: undefined, loading: true });
    again();
    return () => {
      asked.current += 1;
    };
  }, [key, again]);
  return { ...state, again };
}
