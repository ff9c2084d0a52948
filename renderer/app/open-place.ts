import type { Place } from '../../main/ipc/contract.ts';
import { openConnection } from '../state/actions.ts';
import { appState } from '../state/app-store.ts';
import { openExtend, openRequest, showPage, useView } from '../state/view.ts';

/** Goes where a deep link, a notification, the tray or the palette points. */
export function openPlace(place: Place): void {
  useView.setState({ palette: false });
  switch (place.page) {
    case 'request':
      showPage('resources');
      useView.setState({ selected: place.resource });
      openRequest(place.resource, place.profile);
      return;
    case 'approval':
      showPage('approvals');
      useView.setState({ reviewed: place.request });
      return;
    case 'review': {
      // What somebody sent themselves isn't theirs to decide.
      const review = appState().commandReviews?.find(({ id }) => id === place.review);
      const own = review?.state === 'pending' && review.principal.id === appState().me?.user.id;
      showPage(own ? 'access' : 'approvals');
      if (!own) useView.setState({ reviewed: place.review });
      return;
    }
    case 'extend':
      showPage('access');
      openExtend(place.grant);
      return;
    case 'connect':
      openConnection(place.resource, place.profile);
      return;
    case 'resources':
    case 'access':
    case 'approvals':
    case 'recordings':
    case 'policy':
    case 'settings':
      showPage(place.page);
      return;
    default:
      place satisfies never;
  }
}
