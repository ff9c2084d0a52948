import { type Document, parseAllDocuments, Scalar } from 'yaml';

/** Where the demo's database is this time. */
export interface DatabasePlace {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
}

/** Where its SSH host is. */
export interface HostPlace {
  readonly host: string;
  readonly port: number;
  readonly hostKey: string;
}

export interface Places {
  readonly postgres: DatabasePlace;
  readonly ssh: HostPlace;
}

/** The text of `documents/resources.yaml` with each resource's target put in its place; the rest stays as written. */
export function placedResources(text: string, places: Places): string {
  const documents = parseAllDocuments(text);
  if ('empty' in documents) throw new Error('There is no document in it.');
  for (const document of documents) {
    if (document.errors[0]) throw document.errors[0];
    place(document, places);
  }
  return documents.map(String).join('');
}

function place(document: Document.Parsed, { postgres, ssh }: Places): void {
  const protocol = document.get('protocol');
  const { host, port } = protocol === 'ssh' ? ssh : postgres;
  document.setIn(['target', 'host'], host);
  document.setIn(['target', 'port'], port);
  if (protocol === 'ssh') {
    document.setIn(['target', 'hostKeys'], [ssh.hostKey]);
    return;
  }
  const ca = new Scalar(postgres.ca);
  ca.type = Scalar.BLOCK_LITERAL;
  document.setIn(['target', 'ca'], ca);
}
