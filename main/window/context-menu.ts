import { type BrowserWindow, Menu, type WebContents } from 'electron';

/**
 * Copy and paste on a right click, in a menu of the system's own: what is on the clipboard comes to the page only when
 * the person picks *Paste* here or presses its keys, never because the page asks for it.
 */
export function offerContextMenu(page: WebContents, window: () => BrowserWindow | undefined): void {
  page.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    if (!isEditable && selectionText === '') return;
    const menu = Menu.buildFromTemplate([
      ...(isEditable ? [{ role: 'cut' as const, enabled: editFlags.canCut }] : []),
      { role: 'copy', enabled: editFlags.canCopy },
      ...(isEditable ? [{ role: 'paste' as const, enabled: editFlags.canPaste }] : []),
    ]);
    const over = window();
    menu.popup(over === undefined ? {} : { window: over });
  });
}
