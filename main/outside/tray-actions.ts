import { CommandReviewId, GrantId, RequestId } from '@drawbridge/contract';
import type { Gateways } from '../gateway/gateways.ts';
import type { Place } from '../ipc/contract.ts';
import { connectionText } from '../tunnels/connection-text.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Outside } from './outside.ts';
import type { QuitFlow } from './quit-flow.ts';
import type { TrayAction } from './tray-menu.ts';

export interface TrayActionsParts {
  readonly gateways: Pick<Gateways, 'active' | 'select'>;
  readonly tunnels: Pick<Tunnels, 'open'>;
  readonly outside: Pick<Outside, 'review' | 'vote' | 'endGrant' | 'cancelRequest' | 'withdrawHeld' | 'tell'>;
  readonly quit: Pick<QuitFlow, 'request'>;
  /** Shows the window, at a place where one is given. */
  readonly show: (place?: Place) => void;
  readonly writeClipboard: (text: string) => void;
}

/** Does what was chosen in the tray's menu. What fails is told in a notification. */
export function trayActions(parts: TrayActionsParts): (action: TrayAction) => Promise<void> {
  const { gateways, outside } = parts;
  return async (action) => {
    switch (action.type) {
      case 'open':
        return parts.show(action.place);
      case 'copy-line':
        try {
          const { tunnel } = await parts.tunnels.open(gateways.active(), action.resource, action.profile);
          return parts.writeClipboard(connectionText(tunnel, 'line'));
        } catch (error) {
          return outside.tell('Not copied', error instanceof Error ? error.message : '', { page: 'access' });
        }
      case 'end-grant':
        return outside.endGrant(gateways.active(), GrantId.parse(action.grant));
      case 'cancel-request':
        return outside.cancelRequest(gateways.active(), RequestId.parse(action.request));
      case 'review':
        return outside.review(gateways.active(), action.request, action.verdict);
      case 'vote':
        return outside.vote(gateways.active(), action.review, action.verdict);
      case 'withdraw-held':
        return outside.withdrawHeld(gateways.active(), CommandReviewId.parse(action.review));
      case 'select-gateway':
        return gateways.select(action.gateway);
      case 'quit':
        return parts.quit.request();
      default:
        action satisfies never;
    }
  };
}
