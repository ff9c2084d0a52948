import type { Page } from '../state/view.ts';
import type { IconName } from '../theme/Icon.tsx';

/** The pages, in the order of the sidebar. */
export const pages: readonly { readonly page: Page; readonly title: string; readonly icon: IconName }[] = [
  { page: 'resources', title: 'Resources', icon: 'resources' },
  { page: 'access', title: 'My access', icon: 'key' },
  { page: 'approvals', title: 'Approvals', icon: 'inbox' },
  { page: 'recordings', title: 'Recordings', icon: 'recording' },
  { page: 'policy', title: 'Policy', icon: 'policy' },
  { page: 'settings', title: 'Settings', icon: 'settings' },
];

export function pageFacts(page: Page) {
  const facts = pages.find((candidate) => candidate.page === page);
  return facts ?? { page, title: 'Drawbridge', icon: 'resources' as const };
}
