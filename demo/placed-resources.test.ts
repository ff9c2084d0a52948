import { readFile } from 'node:fs/promises';
import { Document, ResourceDocument } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { placedResources } from './placed-resources.ts';

const read = () => readFile(new URL('documents/resources.yaml', import.meta.url), 'utf8');
const parse = (text: string) =>
  parseAllDocuments(text).map((document) => ResourceDocument.parse(document.toJS()));

describe('the resources of the demo', () => {
  it('are valid documents as they stand', async () => {
    const documents = parseAllDocuments(await read()).map((document) => Document.parse(document.toJS()));
    expect(documents.map((document) => document.name)).toEqual(['orders-db', 'orders-staging', 'build-box']);
  });

  it('get their place and keep all else', async () => {
    const text = await read();
    const ca = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';
    const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZha2UgZmFrZSBmYWtlIGZha2UgZmFrZSBmYWtlIGZh';
    const host = '127.0.0.1';
    const places = { postgres: { host, port: 5499, ca }, ssh: { host, port: 2299, hostKey } };
    const placed = parse(placedResources(text, places));
    const own = { postgres: { port: 5499, ca }, ssh: { port: 2299, hostKeys: [hostKey] } };
    expect(placed).toEqual(
      parse(text).map((resource) => ({
        ...resource,
        target: { ...resource.target, ...own[resource.protocol] },
      })),
    );
  });

  it('check the certificate and the name of the database they speak to', async () => {
    for (const resource of parse(await read()))
      if (resource.protocol === 'postgres') expect(resource.target.tls).toBe('verify-full');
  });
});
