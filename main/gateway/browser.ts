import { spawn } from 'node:child_process';
import { AppError } from '../app-error.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Whether the system's browser may be sent to `address`: over https (or to this machine), and to the host of a
 * gateway that the person set up. Everything else could be a page, a file or a program of somebody else's choice.
 */
export function mayOpen(address: string, gateways: readonly string[]): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  const known = gateways.some((gateway) => new URL(gateway).host === url.host);
  return known && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname)));
}

export interface BrowserParts {
  readonly gateways: () => readonly string[];
  /** Program to run with the address in place of the system's browser (`DRAWBRIDGE_BROWSER`). */
  readonly program: string | undefined;
  readonly openExternal: (url: string) => Promise<void>;
}

/** The system's browser. `open` throws AppError `link_refused` for an address that isn't a gateway's. */
export class Browser {
  readonly #parts: BrowserParts;

  constructor(parts: BrowserParts) {
    this.#parts = parts;
  }

  async open(address: string): Promise<void> {
    if (!mayOpen(address, this.#parts.gateways()))
      throw new AppError(
        'link_refused',
        'this address is not one of a gateway set up here, so it was not opened',
      );
    const { program } = this.#parts;
    // The parser's spelling, so that what was checked is what is opened.
    const { href } = new URL(address);
    if (program === undefined || program === '') await this.#parts.openExternal(href);
    else await run(program, href);
  }
}

function run(program: string, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [url], { detached: true, stdio: 'ignore' });
    child.once('error', (error) =>
      reject(new AppError('program_not_found', `${program} could not be started (${error.message})`)),
    );
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
