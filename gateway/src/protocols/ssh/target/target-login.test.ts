import { afterEach, describe, expect, it } from 'vitest';
import type { SshScript } from '../../../../../test/support/scripted-ssh-server.ts';
import { fails, failure, NOBODY, PASSWORD, TargetBench } from '../../../../../test/support/target-bench.ts';

const bench = new TargetBench();
afterEach(() => bench.close());

describe('passwords', () => {
  const taking = (
    methods: ('password' | 'keyboard-interactive')[],
    prompts = [{ prompt: 'Password: ', echo: false }],
  ) => {
    const tried: string[] = [];
    const authenticate: SshScript['authenticate'] = (context) => {
      tried.push(context.method);
      if (context.method === 'password' && methods.includes('password'))
        return context.password === PASSWORD ? context.accept() : context.reject(methods);
      if (context.method === 'keyboard-interactive' && methods.includes('keyboard-interactive'))
        return context.prompt(prompts, ([answer]) =>
          answer === PASSWORD ? context.accept() : context.reject(methods),
        );
      return context.reject(methods);
    };
    return { tried, authenticate };
  };

  it('are given to a target that takes them', async () => {
    const { tried, authenticate } = taking(['password', 'keyboard-interactive']);
    await bench.dial(await bench.scripted({ authenticate }));
    expect(tried).toEqual(['none', 'password']);
  });

  it('answer the one question of a target that asks by keyboard-interactive', async () => {
    const { tried, authenticate } = taking(['keyboard-interactive']);
    await bench.dial(await bench.scripted({ authenticate }));
    expect(tried).toEqual(['none', 'keyboard-interactive']);
  });

  it('are tried once: an account is not to be locked by the gateway', async () => {
    const { tried, authenticate } = taking(['password', 'keyboard-interactive']);
    const target = await bench.scripted({ authenticate });
    await fails(
      bench.dial({ ...target, login: { kind: 'password', password: 'wrong' } }),
      'refused_credential',
    );
    expect(tried).toEqual(['none', 'password']);
  });

  it.each([
    ['shows what is typed', [{ prompt: 'Your name? ', echo: true }]],
    [
      'asks two things',
      [
        { prompt: 'Password: ', echo: false },
        { prompt: 'Code: ', echo: false },
      ],
    ],
  ])('are not given to one that %s', async (_what, prompts) => {
    const { authenticate } = taking(['keyboard-interactive'], prompts);
    const { reason, message } = await failure(bench.dial(await bench.scripted({ authenticate })));
    expect(reason).toBe('login_method');
    expect(message).toContain('asks more than a password');
  });

  it('are never sent to a host that is not the pinned one', async () => {
    const { tried, authenticate } = taking(['password']);
    const { port } = await bench.scripted({ authenticate });
    await fails(bench.dial({ port }), 'host_key');
    expect(tried).toEqual([]);
  });

  it('that have to be changed first are no credential', async () => {
    const target = await bench.scripted({
      authenticate: (context) => {
        if (context.method !== 'password') return context.reject(['password']);
        context.requestChange('Your password has expired', () => undefined);
      },
    });
    await fails(bench.dial(target), 'refused_credential');
  });
});

describe('a private key', () => {
  it.each([
    ['of garbage', 'no key at all'],
    ['with a passphrase', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----'],
    ['that is its public half', NOBODY],
  ])('%s is refused before anything is dialled', async (_what, privateKey) => {
    const target = await bench.raw(() => undefined);
    const { reason, message } = await failure(bench.dial({ ...target, login: { kind: 'key', privateKey } }));
    expect(reason).toBe('credential');
    expect(message).not.toContain(privateKey);
    expect(target.connections).toBe(0);
  });
});
