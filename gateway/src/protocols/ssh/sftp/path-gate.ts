import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { CommandReviewId } from '@drawbridge/contract';
import type { Action, Answer, Needs } from '../../../policy/decision.ts';
import type { Held, Session } from '../../../sessions/session.ts';
import { decideFiles, type FileQuestion } from './decide-files.ts';
import { Status } from './packet-type.ts';
import type { PathRequest, PathUse } from './request.ts';
import { type AskTarget, asWritten, resolvePath, type Unresolved } from './resolve-path.ts';

/** More requests than this in the queue, and the client has to wait. */
const MOST_QUEUED = 64;

/** A request that names files by path, on its way to a decision. */
export interface Errand {
  readonly id: number;
  readonly packet: Buffer;
  readonly request: PathRequest;
}

/** A refusal as the recording and the client see it. */
export interface Refusal {
  readonly reason: string;
  readonly status: number;
  readonly policies: readonly string[];
  readonly review?: CommandReviewId;
}

export interface PathGateParts {
  readonly session: Session;
  readonly ask: AskTarget;
  /** Records the request and sends it to the target. */
  allow(errand: Errand, paths: readonly string[], answer: Allowed): void;
  /** Records the refusal and tells the client. */
  refuse(errand: Errand, paths: readonly string[], refusal: Refusal): void;
  /** The target itself could not find what the request is about: its own words are the answer. */
  notFound(errand: Errand, paths: readonly string[], found: { status: number; message: string }): void;
  /** One request less in the queue. */
  settled(): void;
  onFailure(error: unknown): void;
}

export type Allowed = Extract<Answer, { verdict: 'allow' }>;
interface Queued extends Errand {
  /** What people allowed, and for which paths. */
  readonly approved?: {
    readonly paths: readonly string[];
    readonly actions: readonly Action[];
    readonly decision: Allowed;
  };
}

/** What policy is to decide on, and why the target could not say where it leads. */
interface Found {
  readonly paths: readonly string[];
  readonly problem: Unresolved | undefined;
}

/**
 * Decides on requests that name files by path, one after the other, so that each meets the file system as the one
 * before left it. One that people have to decide waits aside, and the others go on.
 */
export class PathGate {
  readonly #parts: PathGateParts;
  #queue: Queued[] = [];
  #running = false;
  readonly #stop = new AbortController();

  constructor(parts: PathGateParts) {
    this.#parts = parts;
  }

  get full(): boolean {
    return this.#queue.length >= MOST_QUEUED;
  }

  add(errand: Errand): void {
    this.#enqueue(errand);
  }

  /** Nothing is sent or said from here on. */
  stop(): void {
    this.#stop.abort();
    this.#queue = [];
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #enqueue(queued: Queued): void {
    this.#queue.push(queued);
    if (!this.#running) void this.#run().catch((error: unknown) => this.#parts.onFailure(error));
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#queue[0]; next !== undefined && !this.#stopped; next = this.#queue[0]) {
      const found = await this.#find(next.request);
      if (this.#stopped) return;
      this.#queue.shift();
      this.#settle(next, found);
      this.#parts.settled();
    }
    this.#running = false;
  }

  async #find({ uses: [first, second] }: PathRequest): Promise<Found> {
    if (second === undefined) {
      const one = await this.#resolve(first);
      return { paths: [one.path], problem: one.problem };
    }
    const to = await this.#resolve(second);
    const one = await this.#resolve(first, posix.dirname(to.path));
    return { paths: [one.path, to.path], problem: one.problem ?? to.problem };
  }

  async #resolve(use: PathUse, base?: string): Promise<{ path: string; problem: Unresolved | undefined }> {
    const { ask } = this.#parts;
    const resolved = await resolvePath(use, ask, base);
    if ('path' in resolved) return { path: resolved.path, problem: undefined };
    return { path: await asWritten(use.path, ask), problem: resolved };
  }

  #settle(queued: Queued, { paths, problem }: Found): void {
    const { session } = this.#parts;
    const { request, approved } = queued;
    if (problem !== undefined && 'uncheckable' in problem) {
      this.#refuse(queued, paths, { reason: problem.uncheckable, policies: [] });
      return;
    }
    const question =
      approved === undefined
        ? decideFiles(session, request.access, request.operation, paths)
        : { actions: approved.actions, decision: again(approved, paths) };
    const { actions, decision } = question;
    if (decision.verdict !== 'needs') session.used(actions, decision);
    if (decision.verdict === 'deny') this.#refuse(queued, paths, decision);
    else if (problem !== undefined && 'status' in problem) this.#parts.notFound(queued, paths, problem);
    else if (decision.verdict === 'allow') this.#parts.allow(queued, paths, decision);
    else void this.#hold(queued, paths, question, decision);
  }

  /** Never rejects. */
  async #hold(
    errand: Errand,
    paths: readonly string[],
    { actions }: FileQuestion,
    needs: Needs,
  ): Promise<void> {
    try {
      const { session } = this.#parts;
      const held = heldFiles(actions, paths, errand.packet);
      const decision = await session.hold(actions, needs, held, { signal: this.#stop.signal });
      if (this.#stopped) return;
      if (decision.verdict === 'deny') {
        session.used(actions, decision);
        this.#refuse(errand, paths, decision);
        this.#parts.settled();
      }
      // That took a while: what was allowed has to be what it still leads to.
      else this.#enqueue({ ...errand, approved: { paths, actions, decision } });
    } catch (error) {
      this.#parts.onFailure(error);
    }
  }

  #refuse(errand: Errand, paths: readonly string[], refusal: Omit<Refusal, 'status'>): void {
    const { reason, policies, review } = refusal;
    const status = Status.permissionDenied;
    this.#parts.refuse(errand, paths, { reason, policies, status, ...(review !== undefined && { review }) });
  }
}

function again({ paths, decision }: NonNullable<Queued['approved']>, now: readonly string[]): Answer {
  if (paths.every((path, index) => path === now[index])) return decision;
  const { policies, review } = decision;
  const reason = 'the path leads elsewhere than when it was reviewed';
  return { verdict: 'deny', reason, policies, ...(review !== undefined && { review }) };
}

/** Octets of a request before what it asks for: length, type and its number. */
const BEFORE_REQUEST = 9;

/** @param packet all that is asked for, e.g. also how a file is opened */
function heldFiles(actions: readonly Action[], paths: readonly string[], packet: Buffer): Held {
  const operation = String(actions[0]?.context.operation ?? 'use');
  const type = packet[4] ?? 0;
  const digest = createHash('sha256').update(packet.subarray(BEFORE_REQUEST)).digest('hex');
  return {
    kind: 'file',
    text: `${operation} ${paths.map(quoted).join(' to ')}`,
    exact: JSON.stringify([operation, type, paths, digest]),
  };
}

/** As it is where nobody could misread it. */
const quoted = (path: string): string => (/^[\w./@+,:~-]+$/u.test(path) ? path : JSON.stringify(path));
