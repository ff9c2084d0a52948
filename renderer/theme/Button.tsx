import type { ComponentPropsWithRef, ReactNode } from 'react';
import { Icon, type IconName } from './Icon.tsx';

interface ButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  /** `primary` once a view; `soft` connects; `quiet` sits in rows. */
  readonly look?: 'plain' | 'primary' | 'soft' | 'ghost' | 'quiet';
  /** 28 px, 32 in dialog feet, 36 and full width at sign-in. */
  readonly size?: 'm' | 'l' | 'xl';
  readonly warn?: boolean;
  readonly icon?: IconName;
  /** The key that does the same, shown in the button. */
  readonly hint?: string | undefined;
  readonly children?: ReactNode;
}

export function Button({
  look = 'plain',
  size = 'm',
  warn = false,
  icon,
  hint,
  className = '',
  children,
  ...rest
}: ButtonProps) {
  const classes = [
    'btn',
    look === 'plain' ? '' : look,
    size === 'm' ? '' : size,
    warn ? 'warn' : '',
    className,
  ];
  return (
    <button type="button" className={classes.filter(Boolean).join(' ')} {...rest}>
      {icon === undefined ? null : <Icon name={icon} small />}
      {children}
      {hint === undefined ? null : (
        <span className="kbd" aria-hidden="true">
          {hint}
        </span>
      )}
    </button>
  );
}
