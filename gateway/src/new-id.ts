import type {
  AuditId,
  CommandReviewId,
  GatewayId,
  GrantId,
  RequestId,
  ReviewId,
  SessionId,
  SignInId,
  UserId,
} from '@drawbridge/contract';
import { uuidv7 } from 'uuidv7';

interface Ids {
  req: RequestId;
  rev: ReviewId;
  cmd: CommandReviewId;
  grt: GrantId;
  ses: SessionId;
  sgn: SignInId;
  usr: UserId;
  gw: GatewayId;
  aud: AuditId;
}

/** A fresh identifier: UUIDv7 (RFC 9562) after the prefix of its kind. */
export const newId = <P extends keyof Ids>(prefix: P): Ids[P] => `${prefix}_${uuidv7()}` as Ids[P];
