import { closeSync, fstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { access, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayId, SessionId } from '@drawbridge/contract';
import { FolderFile, readFileChunks } from './folder-file.ts';
import { FolderOwner } from './folder-owner.ts';
import type { OpenRecording, RecordingStore, StoredRecording } from './recording-store.ts';

/** `<session>.<gateway>.<owner>`, see `FolderOwner` for the last. */
const OPEN_NAME = /^(ses_[0-9a-f-]{36})\.(gw_[0-9a-f-]{36})\.([0-9a-f-]+)$/;

/**
 * Recordings as files of a folder on a file system of this machine, or of one that several gateways share:
 *
 *     open/<session>.<gateway>.<owner>   being written; the name says by whom
 *     <date>/<session>.rec               finished; the date (UTC) is that of the session's id
 *     damaged/<session>.<gateway>.<owner>
 *
 * An open one changes hands by a rename and is finished by a link, so that of two who try, one succeeds. Whether a
 * process on another machine still runs can't be seen here: who asks for recordings of another gateway knows that it is
 * gone (see `LifeSign`).
 */
export class FolderStore implements RecordingStore {
  readonly #dir: string;
  readonly #owner: FolderOwner;
  /** Sessions whose recording is held here. */
  readonly #held = new Set<SessionId>();

  private constructor(dir: string, owner: FolderOwner) {
    this.#dir = dir;
    this.#owner = owner;
  }

  static async open(dir: string): Promise<FolderStore> {
    for (const folder of ['open', 'damaged'])
      await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
    return new FolderStore(dir, await FolderOwner.ofThisProcess());
  }

  create(session: SessionId, gateway: GatewayId, start: Uint8Array): OpenRecording {
    const path = this.#openPath(session, gateway);
    // Exclusive: a session is recorded once. Made here and not at finish, so that a full disk shows early.
    mkdirSync(this.#dateFolder(session), { recursive: true, mode: 0o700 });
    const fd = openSync(path, 'wx+', 0o600);
    try {
      const file = this.#file(session, path, fd, 0);
      file.append(start);
      this.#held.add(session);
      return file;
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
  }

  async openGateways(): Promise<readonly GatewayId[]> {
    return [...new Set((await this.#openEntries()).map(({ gateway }) => gateway))];
  }

  async abandoned(gateway: GatewayId): Promise<readonly SessionId[]> {
    const found: SessionId[] = [];
    for (const entry of await this.#openEntries()) {
      if (entry.gateway === gateway && !(await this.#isHeld(entry))) found.push(entry.session);
    }
    return found.sort();
  }

  async claim(session: SessionId, gateway: GatewayId): Promise<OpenRecording | undefined> {
    const entry = (await this.#openEntries()).find(
      (one) => one.session === session && one.gateway === gateway,
    );
    if (entry === undefined || (await this.#isHeld(entry))) return undefined;
    this.#held.add(session);
    try {
      const path = this.#openPath(session, gateway);
      await rename(join(this.#dir, 'open', entry.name), path);
      const fd = openSync(path, 'r+');
      return this.#file(session, path, fd, fstatSync(fd).size);
    } catch (error) {
      this.#held.delete(session);
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async read(session: SessionId): Promise<StoredRecording | undefined> {
    // Twice, as it may be finished between the look into the one folder and into the other.
    for (let look = 0; look < 2; look++) {
      const finished = this.#finishedPath(session);
      if (await exists(finished)) return { finished: true, chunks: () => readFileChunks(finished) };
      for (const folder of ['open', 'damaged']) {
        const name = (await readdir(join(this.#dir, folder))).find((one) => one.startsWith(`${session}.`));
        if (name === undefined) continue;
        const path = join(this.#dir, folder, name);
        return { finished: false, chunks: () => readFileChunks(path, finished) };
      }
    }
    return undefined;
  }

  #file(session: SessionId, path: string, fd: number, size: number): FolderFile {
    return new FolderFile({
      path,
      fd,
      size,
      finishedPath: this.#finishedPath(session),
      asidePath: join(this.#dir, 'damaged', path.slice(path.lastIndexOf('/') + 1)),
      onClosed: () => this.#held.delete(session),
    });
  }

  async #openEntries(): Promise<{ name: string; session: SessionId; gateway: GatewayId; owner: string }[]> {
    return (await readdir(join(this.#dir, 'open'))).flatMap((name) => {
      const [, id, by, owner] = OPEN_NAME.exec(name) ?? [];
      const session = SessionId.safeParse(id);
      const gateway = GatewayId.safeParse(by);
      return session.success && gateway.success && owner !== undefined
        ? [{ name, session: session.data, gateway: gateway.data, owner }]
        : [];
    });
  }

  async #isHeld(entry: { session: SessionId; owner: string }): Promise<boolean> {
    if (this.#held.has(entry.session)) return true;
    return entry.owner !== this.#owner.mark && (await this.#owner.isAlive(entry.owner));
  }

  #openPath(session: SessionId, gateway: GatewayId): string {
    return join(this.#dir, 'open', `${session}.${gateway}.${this.#owner.mark}`);
  }

  #finishedPath(session: SessionId): string {
    return join(this.#dateFolder(session), `${session}.rec`);
  }

  /** From the id's own time (the first 48 bits of a UUIDv7, RFC 9562), so that an id alone finds its file. */
  #dateFolder(session: SessionId): string {
    const milliseconds = Number.parseInt(session.slice(4).replace('-', '').slice(0, 12), 16);
    return join(this.#dir, new Date(milliseconds).toISOString().slice(0, 10));
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
