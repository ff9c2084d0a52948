import { DrawbridgeError } from '@drawbridge/contract';
import { ClientError } from '@drawbridge/gateway-client';
import { AppError } from '../app-error.ts';
import type { IpcFailure } from './contract.ts';

/** Hints of the gateway's client speak of its command line, which isn't what the person has in front of them. */
const COMMAND = /\bdrawbridge [a-z]/;

/** A refusal of the gateway, of the way there or of the app, as the page is told; undefined of what is nobody's refusal. */
export function ipcFailure(error: unknown): IpcFailure | undefined {
  if (error instanceof DrawbridgeError) {
    const { hint, id, policies, issues } = error.details;
    const where = issues?.map((issue) => `${issue.path}: ${issue.message}`).join('\n');
    return {
      code: error.code,
      message: where === undefined ? error.message : `${error.message}\n${where}`,
      ...(hint === undefined || hint.startsWith('drawbridge ') ? {} : { hint }),
      ...(id === undefined ? {} : { id }),
      ...(policies === undefined ? {} : { policies }),
    };
  }
  if (error instanceof ClientError || error instanceof AppError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined || COMMAND.test(hint) ? {} : { hint }) };
  }
  return undefined;
}

/** What is said of everything else; the log has it in full. */
export const INTERNAL_FAILURE: IpcFailure = {
  code: 'internal',
  message: 'The app failed to do this.',
  hint: 'Try again; if it lasts, restart Drawbridge.',
};
