import type { Session } from '@drawbridge/contract';
import { useCallback, useEffect, useRef, useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';

const PAGE = 100;

export interface Sessions {
  /** Undefined until the first answer. */
  readonly sessions: readonly Session[] | undefined;
  readonly failure: string | undefined;
  readonly loading: boolean;
  /** There may be earlier ones. */
  readonly more: boolean;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

/** The sessions this person may see, latest first, a page at a time. */
export function useSessions(resource: string | undefined): Sessions {
  const [sessions, setSessions] = useState<readonly Session[] | undefined>();
  const [failure, setFailure] = useState<string | undefined>();
  const [loading, setLoading] = useState(true);
  const [more, setMore] = useState(false);
  /** Answers to an earlier question are left alone. */
  const asked = useRef(0);

  const load = useCallback(
    async (after: readonly Session[]) => {
      const question = ++asked.current;
      setLoading(true);
      try {
        const before = after.at(-1)?.startedAt;
        const page = await call('sessions.list', {
          limit: PAGE,
          ...(resource !== undefined && { resource: resource as Session['resource'] }),
          ...(before !== undefined && { before }),
        });
        if (question !== asked.current) return;
        const known = new Set(after.map(({ id }) => id));
        const fresh = page.sessions.filter(({ id }) => !known.has(id));
        setSessions([...after, ...fresh]);
        setMore(page.sessions.length === PAGE && fresh.length > 0);
        setFailure(undefined);
      } catch (error) {
        if (question === asked.current) setFailure(failureText(error));
      } finally {
        if (question === asked.current) setLoading(false);
      }
    },
    [resource],
  );
  useEffect(() => {
    void load([]);
    return () => {
      asked.current++;
    };
  }, [load]);
  return {
    sessions,
    failure,
    loading,
    more,
    loadMore: () => void load(sessions ?? []),
    reload: () => void load([]),
  };
}
