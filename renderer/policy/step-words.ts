import type { PolicyStep } from '@drawbridge/contract';
import { needsSentence } from '../state/needs-text.ts';
import type { TagTone } from '../theme/Tag.tsx';

/** What an action means, for people who don't write policies. */
const actionTexts: Readonly<Record<string, string>> = {
  'access.request': 'Ask for access',
  'access.connect': 'Connect',
  'access.review': 'Review requests',
  'session.watch': 'Watch sessions',
  'session.terminate': 'End sessions',
  'recording.view': 'See recordings',
  'sql.read': 'Read rows',
  'sql.write': 'Change rows',
  'sql.ddl': 'Change the schema',
  'sql.copy': 'Copy in bulk',
  'sql.session': 'Transactions and settings',
  'sql.exec': 'Run code in the database',
  'sql.unanalyzable': 'Statements that can’t be analysed',
  'ssh.shell': 'Open a shell',
  'ssh.exec': 'Run commands',
  'ssh.unanalyzable': 'Commands that can’t be analysed',
  'ssh.sftp.read': 'Read files',
  'ssh.sftp.write': 'Write files',
  'ssh.forward': 'Forward connections',
  'data.reveal': 'See masked values',
};

export const actionText = (action: string): string => actionTexts[action] ?? action;

/** The verdict as a tag says it. */
export function verdictTag({ verdict, needs }: Pick<PolicyStep, 'verdict' | 'needs'>): {
  readonly tone: TagTone;
  readonly text: string;
} {
  switch (verdict) {
    case 'allow':
      return { tone: 'active', text: 'Allowed' };
    case 'deny':
      return { tone: 'denied', text: 'Not allowed' };
    case 'needs': {
      const approves = needs.some((need) => need.kind === 'approve');
      if (approves) return { tone: 'pending', text: needsSentence(needs) };
      const ticket = needs.some((need) => need.kind === 'justify' && need.ticket);
      return { tone: 'pending', text: ticket ? 'Needs a ticket in the reason' : 'Needs a reason' };
    }
    default:
      return verdict satisfies never;
  }
}

/** Who or what decided: policies by id, or the profile's own limit. */
export function decidedBy({ policies, profile }: Pick<PolicyStep, 'policies' | 'profile'>): string {
  if (profile) return 'the profile';
  return policies.length === 0 ? 'no policy permits it' : policies.map(({ id }) => id).join(', ');
}
