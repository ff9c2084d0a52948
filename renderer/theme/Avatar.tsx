import { initials } from './initials.ts';

interface AvatarProps {
  readonly name: string;
  readonly size?: 's' | 'm' | 'l';
  /** Somebody who has yet to act. */
  readonly open?: boolean;
}

/** A person's initials; the name itself always stands beside it. */
export function Avatar({ name, size = 'm', open = false }: AvatarProps) {
  return (
    <span className={`ava${size === 'm' ? '' : ` ${size}`}${open ? ' open' : ''}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
