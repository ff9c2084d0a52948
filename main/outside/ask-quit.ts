import { dialog } from 'electron';
import type { QuitQuestion } from '../ipc/contract.ts';
import type { QuitAnswer } from './quit-flow.ts';
import { quitDialogText } from './quit-question.ts';

/** The question in a dialog of the system's, where no window can put it. */
export async function askQuit(question: QuitQuestion): Promise<QuitAnswer> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    ...quitDialogText(question),
    buttons: ['Quit', 'Cancel', 'Keep running in the tray'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) return 'quit';
  return response === 2 ? 'tray' : 'cancel';
}
