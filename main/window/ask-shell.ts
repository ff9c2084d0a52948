import { type BrowserWindow, dialog, type MessageBoxOptions } from 'electron';

/** Asks in a dialog of the system's whether shells may be opened on this computer. */
export async function askShell(window: BrowserWindow | undefined): Promise<boolean> {
  const question: MessageBoxOptions = {
    type: 'question',
    message: 'Open a shell on this computer?',
    detail:
      'Programs in it run as you, outside of what Drawbridge watches. You are asked once until you quit Drawbridge.',
    buttons: ['Open the shell', 'Cancel'],
    defaultId: 0,
    cancelId: 1,
  };
  const { response } =
    window === undefined
      ? await dialog.showMessageBox(question)
      : await dialog.showMessageBox(window, question);
  return response === 0;
}
