import { parseAllDocuments, Scalar } from 'yaml';

/** Where the demo's database is this time. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
}

/** The text of `documents/resources.yaml` with each resource's target put in its place; the rest stays as written. */
export function placedResources(text: string, place: Place): string {
  const documents = parseAllDocuments(text);
  if ('empty' in documents) throw new Error('There is no document in it.');
  for (const document of documents) {
    if (document.errors[0]) throw document.errors[0];
    const ca = new Scalar(place.ca);
    ca.type = Scalar.BLOCK_LITERAL;
    document.setIn(['target', 'host'], place.host);
    document.setIn(['target', 'port'], place.port);
    document.setIn(['target', 'ca'], ca);
  }
  return documents.map(String).join('');
}
