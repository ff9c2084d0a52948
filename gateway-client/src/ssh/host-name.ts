import { Name } from '@drawbridge/contract';

/** What native tools call resources: `<resource>.drawbridge`, or `<profile>.<resource>.drawbridge`. */
export const HOST_DOMAIN = 'drawbridge';

export interface NamedResource {
  readonly resource: string;
  readonly profile: string | undefined;
}

/** What a host name means, with or without the domain; nothing where it can't name a resource. */
export function resourceOfHost(host: string): NamedResource | undefined {
  const labels = host.toLowerCase().split('.');
  if (labels.length > 1 && labels.at(-1) === HOST_DOMAIN) labels.pop();
  if (labels.length > 2 || !labels.every((label) => Name.safeParse(label).success)) return undefined;
  const [resource = '', profile] = labels.reverse();
  return { resource, profile };
}
