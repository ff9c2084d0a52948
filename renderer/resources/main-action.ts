import type { Resource } from '@drawbridge/contract';
import type { Access } from '../state/access-to.ts';
import { openConnection } from '../state/actions.ts';
import { openRequest, showPage } from '../state/view.ts';

/** What Enter and the one main button of a resource do. */
export function runMainAction(resource: Resource, access: Access): void {
  switch (access.kind) {
    case 'active':
    case 'ready':
      openConnection(resource.name, access.grant.profile);
      return;
    case 'waiting':
      showPage('access');
      return;
    case 'denied':
    case 'none':
      openRequest(resource.name);
      return;
    case 'forbidden':
      return;
    default:
      access satisfies never;
  }
}
