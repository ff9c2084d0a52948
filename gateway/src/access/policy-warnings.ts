import type { TypeAndId } from '../policy/cedar.ts';
import { mentionsOf } from '../policy/mentions.ts';
import { nearestName } from '../policy/nearest-name.ts';
import type { Policy } from '../policy/policy-set.ts';
import type { StoredResource } from '../store/documents.ts';

type Known = readonly Pick<StoredResource, 'name' | 'labels'>[];

/**
 * What policies name that isn't there. A policy may come before its resource does, but one with a slip in the name never
 * applies, and as a forbid would promise what it doesn't keep. Groups and people aren't known before they sign in.
 */
export const policyWarnings = (policies: readonly Policy[], resources: Known): string[] => [
  ...new Set(
    policies.flatMap(({ document, json }) =>
      mentionsOf(json).flatMap((named) => {
        const missing = missingOf(named, resources);
        return missing === undefined
          ? []
          : [`Policy/${document} is about ${named.type}::"${named.id}", ${missing}`];
      }),
    ),
  ),
];

function missingOf({ type, id }: TypeAndId, resources: Known): string | undefined {
  const names = resources.map(({ name }) => name);
  switch (type) {
    case 'Resource':
      return names.includes(id) ? undefined : `which is no resource yet${offer(id, names)}`;
    case 'Label': {
      if (!id.includes(':')) return 'but a label is written "key:value"';
      const labels = resources.flatMap(({ labels: of }) =>
        Object.entries(of).map(([key, value]) => `${key}:${value}`),
      );
      return labels.includes(id) ? undefined : `which no resource has yet${offer(id, labels)}`;
    }
    case 'Table':
    case 'Column': {
      const shape = type === 'Table' ? 'resource/schema.table' : 'resource/schema.table.column';
      const [resource = '', object] = id.split(/\/(.*)/s);
      const parts = object?.split('.').length ?? 0;
      if (parts < (type === 'Table' ? 2 : 3)) return `but a ${type.toLowerCase()} is written "${shape}"`;
      return names.includes(resource)
        ? undefined
        : `but ${resource} is no resource yet${offer(resource, names)}`;
    }
    default:
      return undefined;
  }
}

function offer(written: string, names: readonly string[]): string {
  const nearest = nearestName(written, names);
  return nearest === undefined ? '' : `, did you mean ${nearest}?`;
}
