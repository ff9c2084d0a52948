import { expect, test } from 'vitest';
import { resourceOfHost } from './host-name.ts';

test('a name is a resource, with or without the domain, and maybe one of its profiles', () => {
  expect(resourceOfHost('build-box')).toEqual({ resource: 'build-box', profile: undefined });
  expect(resourceOfHost('build-box.drawbridge')).toEqual({ resource: 'build-box', profile: undefined });
  expect(resourceOfHost('Admin.Build-Box.Drawbridge')).toEqual({ resource: 'build-box', profile: 'admin' });
  expect(resourceOfHost('drawbridge')).toEqual({ resource: 'drawbridge', profile: undefined });
});

test.each(['', '.drawbridge', '-x.drawbridge', 'a.b.c.drawbridge', "x'$(id)'.drawbridge", 'a b'])(
  '%j names nothing',
  (host) => {
    expect(resourceOfHost(host)).toBeUndefined();
  },
);
