import type { ResourceDocument } from '@drawbridge/contract';

/** What a session needs to know of a resource: never how to sign in to it, that is asked for when dialling. */
export type SessionResource = Pick<ResourceDocument, 'name' | 'protocol' | 'labels'> & {
  readonly profiles: Readonly<Record<string, { readonly allow: readonly string[] }>>;
};
