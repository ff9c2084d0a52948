import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import { createPolicyEngine, type PolicyEngine } from '../policy/engine.ts';
import type { Database } from '../store/database.ts';
import type { DocumentStore } from '../store/documents.ts';
import { type Announce, Announcer } from './announce.ts';
import { Audit } from './audit.ts';
import { Authorizer } from './authorizer.ts';
import { Configuration } from './configuration.ts';
import { Documents } from './documents.ts';
import { Expiry } from './expiry.ts';
import { Grants } from './grants.ts';
import { Requests } from './requests.ts';
import { Resources } from './resources.ts';
import { Reviews } from './reviews.ts';

export interface AccessParts {
  readonly db: Kysely<Database>;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
  readonly announce: Announce;
  /** Seconds. */
  readonly settings: { readonly activateWithin: number; readonly requestExpiry: number };
}

/** May they: everything of this room, put together. */
export interface Access {
  readonly engine: PolicyEngine;
  readonly audit: Audit;
  readonly authorizer: Authorizer;
  readonly configuration: Configuration;
  readonly documents: Documents;
  readonly resources: Resources;
  readonly requests: Requests;
  readonly reviews: Reviews;
  readonly grants: Grants;
  readonly expiry: Expiry;
}

export function createAccess({ db, store, clock, logger, announce, settings }: AccessParts): Access {
  const engine = createPolicyEngine({ clock });
  const audit = new Audit(db, clock);
  const announcer = new Announcer(audit, announce);
  const authorizer = new Authorizer(engine);
  const configuration = new Configuration(store, engine);
  const shared = { db, clock, announcer, authorizer, configuration };
  const grants = new Grants({ ...shared, activateWithin: settings.activateWithin });
  return {
    engine,
    audit,
    authorizer,
    configuration,
    documents: new Documents({ store, clock, announcer, authorizer, configuration }),
    resources: new Resources({ db, clock, authorizer, configuration }),
    requests: new Requests({ ...shared, grants, requestExpiry: settings.requestExpiry }),
    reviews: new Reviews({ ...shared, grants }),
    grants,
    expiry: new Expiry({ db, clock, announcer, logger }),
  };
}
