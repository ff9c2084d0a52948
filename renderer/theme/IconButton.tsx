import { Tooltip } from '@mantine/core';
import type { ComponentPropsWithRef } from 'react';
import { Icon, type IconName } from './Icon.tsx';

interface IconButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  readonly icon: IconName;
  /** Its name, and its tooltip. */
  readonly label: string;
  /** 24 instead of 28 px. */
  readonly small?: boolean;
}

export function IconButton({ icon, label, small = false, className = '', ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label}>
      <button
        type="button"
        aria-label={label}
        className={`iconbtn${small ? ' s' : ''} ${className}`}
        {...rest}
      >
        <Icon name={icon} small={small} />
      </button>
    </Tooltip>
  );
}
