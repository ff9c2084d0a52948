import { readFile, rename, writeFile } from 'node:fs/promises';
import { anyFreePort, isFree } from './free-port.ts';

/**
 * Ports on 127.0.0.1 that stay the same from start to start while they are free, so that addresses which were
 * written down (an issuer, a client's setting) go on working.
 */
export class StablePorts {
  readonly #file: string;
  readonly #ports: Map<string, number>;

  private constructor(file: string, ports: Map<string, number>) {
    this.#file = file;
    this.#ports = ports;
  }

  /** @param file where the ports are kept; an absent or unreadable one is an empty one. */
  static async open(file: string): Promise<StablePorts> {
    const text = await readFile(file, 'utf8').catch(() => '{}');
    return new StablePorts(file, new Map(portsIn(text)));
  }

  /**
   * The port this name had last time, else `preferred`, else any: the first of them that is free.
   * With `fixed` it is that one or an error.
   */
  async take(
    name: string,
    choice: { readonly preferred?: number; readonly fixed?: number } = {},
  ): Promise<number> {
    const port = choice.fixed ?? (await firstFree([this.#ports.get(name), choice.preferred]));
    if (choice.fixed !== undefined && !(await isFree(choice.fixed))) {
      throw new Error(`Port ${choice.fixed} is taken. Give another one, or --port 0 for any that is free.`);
    }
    this.#ports.set(name, port);
    const draft = `${this.#file}.new`;
    await writeFile(draft, `${JSON.stringify(Object.fromEntries(this.#ports), null, 2)}\n`);
    await rename(draft, this.#file);
    return port;
  }
}

function portsIn(text: string): [string, number][] {
  try {
    const ports: unknown = JSON.parse(text);
    if (typeof ports !== 'object' || ports === null) return [];
    return Object.entries(ports).filter((entry): entry is [string, number] => isPort(entry[1]));
  } catch {
    return [];
  }
}

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;

async function firstFree(candidates: readonly (number | undefined)[]): Promise<number> {
  for (const candidate of candidates)
    if (candidate !== undefined && (await isFree(candidate))) return candidate;
  return anyFreePort();
}
