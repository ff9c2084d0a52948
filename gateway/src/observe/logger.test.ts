import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  write(createLogger('debug', { write: (line) => (text += line) }));
  return text;
}

it('hides secrets wherever they are put', () => {
  const text = logged((logger) => {
    logger.info(
      { password: 'hunter2', nested: { token: 'hunter2', deeper: { secret: 'hunter2' } } },
      'careless',
    );
  });
  expect(text).toContain('careless');
  expect(text).not.toContain('hunter2');
});

it('logs of an error what happened and where, not what hangs on it', () => {
  const error = Object.assign(new Error('connection lost', { cause: new Error('reset by peer') }), {
    code: '57P01',
    client: { connectionParameters: { password: 'hunter2' }, secretKey: 4711 },
  });
  const entry = JSON.parse(logged((logger) => logger.warn({ err: error }, 'lost')));
  expect(entry.err).toMatchObject({
    type: 'Error',
    message: 'connection lost',
    code: '57P01',
    cause: { message: 'reset by peer' },
  });
  expect(JSON.stringify(entry)).not.toMatch(/hunter2|4711/);
});
