import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import { expect } from 'vitest';
import type { Clock } from '../../gateway/src/clock.ts';
import { dialSshTarget } from '../../gateway/src/protocols/ssh/target/dial-ssh-target.ts';
import {
  SshTargetFailure,
  type SshTargetFailureReason,
} from '../../gateway/src/protocols/ssh/target/ssh-target-failure.ts';
import type { SshTargetCredential } from '../../gateway/src/sessions/session.ts';
import { type FakeTarget, startFakeTarget } from './fake-target.ts';
import { ManualClock } from './manual-clock.ts';
import { type ScriptedSshServer, type SshScript, startScriptedSshServer } from './scripted-ssh-server.ts';

export const PASSWORD = 'correct horse battery staple';
/** A key that no host has. */
export const NOBODY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

export interface DialOrder {
  readonly port: number;
  /** Pinned; `NOBODY` when absent. */
  readonly hostKey?: string;
  /** Instead of a pinned key. */
  readonly hostAuthority?: string;
  /** `PASSWORD` when absent. */
  readonly login?: SshTargetCredential['login'];
  /** One that stands still when absent. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** Targets in this process, and connections of the gateway to them. */
export class TargetBench {
  readonly #closers: (() => Promise<void> | void)[] = [];

  async scripted(script: SshScript = {}): Promise<ScriptedSshServer> {
    const server = await startScriptedSshServer(script);
    this.onClose(() => server.close());
    return server;
  }

  /** One that speaks whatever `serve` writes. */
  async raw(serve: (socket: Socket) => void): Promise<FakeTarget> {
    const target = await startFakeTarget(serve);
    this.onClose(() => target.close());
    return target;
  }

  dial({ port, hostKey = NOBODY, hostAuthority, login, clock, signal }: DialOrder): Promise<Client> {
    const dialled = dialSshTarget(
      {
        ...{ protocol: 'ssh', host: '127.0.0.1', port, username: 'deploy' },
        login: login ?? { kind: 'password', password: PASSWORD },
        ...(hostAuthority === undefined ? { hostKeys: [hostKey] } : { hostKeys: [], hostAuthority }),
      },
      {
        resource: 'build-box',
        clock: clock ?? new ManualClock(Date.now()),
        signal: signal ?? new AbortController().signal,
      },
    );
    dialled.then(
      (client) => this.onClose(() => void client.destroy()),
      () => undefined,
    );
    return dialled;
  }

  /** What is told last is done first. */
  onClose(close: () => Promise<void> | void): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** Why a dial failed, in words that keep what they have to keep to themselves. */
export async function failure(dialled: Promise<Client>): Promise<SshTargetFailure> {
  const error: unknown = await dialled.catch((reason: unknown) => reason);
  if (!(error instanceof SshTargetFailure)) throw new Error(`expected a failure, got ${String(error)}`);
  expect(error.message).toContain('build-box');
  expect(error.message).not.toMatch(/127\.0\.0\.1|deploy/);
  expect(error.message).not.toContain(PASSWORD);
  return error;
}

export async function fails(dialled: Promise<Client>, reason: SshTargetFailureReason): Promise<void> {
  expect((await failure(dialled)).reason).toBe(reason);
}

/** A promise, and what fulfils it. */
export function later<T>(): { promise: Promise<T>; resolve: (value: T | PromiseLike<T>) => void } {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
