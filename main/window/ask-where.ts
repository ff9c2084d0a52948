import { join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';

/** Asks where to save a file of that name; undefined where the person changed their mind. */
export async function askWhere(parent: BrowserWindow | undefined, name: string): Promise<string | undefined> {
  const question = { defaultPath: join(app.getPath('downloads'), name) };
  const answer =
    parent === undefined
      ? await dialog.showSaveDialog(question)
      : await dialog.showSaveDialog(parent, question);
  return answer.canceled || answer.filePath === '' ? undefined : answer.filePath;
}
