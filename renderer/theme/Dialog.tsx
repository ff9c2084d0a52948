import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface DialogProps {
  /** Its accessible name; a heading inside says the same. */
  readonly label: string;
  readonly onClose: () => void;
  readonly production?: boolean;
  /** Pixels; 540 unless told. */
  readonly width?: number;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A dialog: traps focus, Esc closes, the page behind is inert. Bring `.dhead`, `.dbody` and `.dfoot`. */
export function Dialog({
  label,
  onClose,
  production = false,
  width = 540,
  className = '',
  children,
}: DialogProps) {
  return (
    <Modal.Root
      opened
      onClose={onClose}
      // The page never scrolls; locking it would add a <style> element.
      lockScroll={false}
      size={width}
      centered
      shadow="none"
      transitionProps={{ transition: 'fade', duration: 140 }}
      classNames={{
        overlay: 'dialog-overlay',
        inner: 'dialog-inner',
        content: `dialog${production ? ' prod' : ''} ${className}`,
        body: 'dialog-body',
      }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label={label}>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
