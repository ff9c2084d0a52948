import { environmentOf } from '../state/environment.ts';
import { Tag } from '../theme/Tag.tsx';

/** Where something runs; production is unmistakable. */
export function EnvironmentTag({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const { production, name } = environmentOf(labels);
  return name === undefined ? null : <Tag tone={production ? 'prod' : 'plain'}>{name}</Tag>;
}
