import { DrawbridgeError } from '@drawbridge/contract';
import { expect, it } from 'vitest';
import { describeFailure, failureOf } from './failure.ts';

const told = (error: unknown) =>
  describeFailure(failureOf(error), false, { isTTY: false } as NodeJS.WriteStream, {}).split('\n');

it('names what stands in the way', () => {
  const error = new DrawbridgeError('already_pending', 'your request waits already', {
    id: 'req_1',
    hint: 'Wait for it.',
  });
  expect(told(error)).toEqual([
    'drawbridge: already_pending: your request waits already',
    '  it is req_1',
    '  → Wait for it.',
    '',
  ]);
});

it('says once what the message says already, and where each problem is', () => {
  const issue = { path: 'body.duration', message: 'must be at least 60 seconds' };
  const single = new DrawbridgeError('invalid_request', `${issue.path}: ${issue.message}`, {
    issues: [issue],
  });
  expect(told(single)).toEqual([
    'drawbridge: invalid_request: body.duration: must be at least 60 seconds',
    '',
  ]);
  const placed = new DrawbridgeError(
    'invalid_document',
    'nothing was applied: Policy/a.cedar:1 is no policy',
    {
      issues: [{ path: 'policies.yaml:7', message: 'is no policy' }],
    },
  );
  expect(told(placed)).toContain('  policies.yaml:7: is no policy');
});
