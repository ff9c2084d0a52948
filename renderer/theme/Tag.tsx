import type { ReactNode } from 'react';

export type TagTone = 'plain' | 'prod' | 'held' | 'pending' | 'active' | 'denied' | 'masked';

interface TagProps {
  readonly tone?: TagTone;
  readonly children: ReactNode;
}

export function Tag({ tone = 'plain', children }: TagProps) {
  return <span className={tone === 'plain' ? 'tag' : `tag ${tone}`}>{children}</span>;
}
