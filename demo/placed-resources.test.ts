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
    expect(documents.map((document) => document.name)).toEqual(['orders-db', 'orders-staging']);
  });

  it('get their place and keep all else', async () => {
    const text = await read();
    const ca = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';
    const placed = parse(placedResources(text, { host: '127.0.0.1', port: 5499, ca }));
    const before = parse(text);
    expect(placed).toEqual(
      before.map((resource) => ({ ...resource, target: { ...resource.target, port: 5499, ca } })),
    );
  });

  it('check the certificate and the name of the database they speak to', async () => {
    for (const resource of parse(await read())) expect(resource.target.tls).toBe('verify-full');
  });
});
