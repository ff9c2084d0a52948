import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useAnswer } from './use-answer.ts';

/**
 * The resources that can be asked about: one's own, and for readers of the configuration all that a policy can apply
 * to, since they need not be able to use any. Undefined until that is known.
 */
export function useResourceNames(mayReadAll: boolean): readonly string[] | undefined {
  const own = useApp((state) => state.resources);
  const all = useAnswer(String(mayReadAll), async () =>
    mayReadAll ? (await call('policy.list', {})).policies.flatMap(({ resources = [] }) => resources) : [],
  );
  if (own === undefined || (all.value === undefined && all.failure === undefined)) return undefined;
  return [...new Set([...own.map(({ name }) => name), ...(all.value ?? [])])].sort();
}
