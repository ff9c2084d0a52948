import { z } from 'zod';
import { Duration } from './duration.ts';
import { Name } from './ids.ts';

/** What `drawbridge apply -f` takes: multi-document YAML, one object a document. */

export const Protocol = z.enum(['postgres', 'ssh']);
export type Protocol = z.infer<typeof Protocol>;

/** Everything a policy can decide on, grouped by the prefix before the dot. */
export const ActionName = z.enum([
  'access.request',
  'access.connect',
  'access.review',
  'session.watch',
  'session.terminate',
  'recording.view',
  'sql.read',
  'sql.write',
  'sql.ddl',
  'sql.copy',
  'sql.session',
  'sql.exec',
  'sql.unanalyzable',
  'ssh.shell',
  'ssh.exec',
  'ssh.unanalyzable',
  'ssh.sftp.read',
  'ssh.sftp.write',
  'ssh.forward',
  'k8s.read',
  'k8s.write',
  'k8s.exec',
  'k8s.portforward',
  'http.read',
  'http.write',
  'data.reveal',
  'admin.apply',
  'admin.read',
]);
export type ActionName = z.infer<typeof ActionName>;

/** Where a secret comes from. `env` and `file` are read by the side that applies; only the value travels. */
export const SecretSource = z.union([
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ value: z.string().min(1) }),
]);
export type SecretSource = z.infer<typeof SecretSource>;

const Labels = z.record(Name, z.string().min(1).max(63));

export const TlsMode = z.enum(['disable', 'require', 'verify-ca', 'verify-full']);
export type TlsMode = z.infer<typeof TlsMode>;

export const PostgresTarget = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(5432),
  database: z.string().min(1),
  tls: TlsMode.default('verify-full'),
  /** PEM of the authority that signed the target's certificate; the system's own when absent. */
  ca: z.string().optional(),
});
export type PostgresTarget = z.infer<typeof PostgresTarget>;

/** A public key as OpenSSH writes it: `ssh-ed25519 AAAA…`, with or without a comment. */
export const SshPublicKey = z
  .string()
  .regex(
    /^(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: [^\r\n]*)?$/,
    'must be one line as in a .pub file or known_hosts, like ssh-ed25519 AAAA…',
  );

/** The host's key is always verified: it is one of `hostKeys`, or has a certificate of `hostAuthority`. */
export const SshTarget = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(22),
    hostKeys: z.array(SshPublicKey).min(1).optional(),
    hostAuthority: SshPublicKey.optional(),
  })
  .refine(
    ({ hostKeys, hostAuthority }) => hostKeys !== undefined || hostAuthority !== undefined,
    'needs hostKeys (what ssh-keyscan prints, checked by you) or hostAuthority, so that the host can be verified',
  );
export type SshTarget = z.infer<typeof SshTarget>;

const profileOf = <Credential extends z.ZodType>(credential: Credential) =>
  z.strictObject({
    credential,
    /** The most this profile ever allows, whatever policy says. */
    allow: z
      .array(
        ActionName.exclude([
          'access.request',
          'access.connect',
          'access.review',
          'admin.apply',
          'admin.read',
        ]),
      )
      .min(1),
    /** The longest a grant of this profile may last, in seconds once parsed. */
    maxDuration: Duration.default(3600),
  });

const username = z.string().min(1);
export const PasswordCredential = z.strictObject({ username, password: SecretSource });
/** How to sign in to an SSH host: a password, a private key (OpenSSH or PEM, without a passphrase), or a certificate that the gateway signs for each session. */
export const SshCredential = z.union([
  PasswordCredential,
  z.strictObject({ username, privateKey: SecretSource }),
  z.strictObject({ username, certificate: z.literal(true) }),
]);

const resourceOf = <P extends Protocol, T extends z.ZodType, C extends z.ZodType>(
  protocol: P,
  target: T,
  credential: C,
) =>
  z.strictObject({
    kind: z.literal('Resource'),
    name: Name,
    description: z.string().max(280).optional(),
    protocol: z.literal(protocol),
    labels: Labels.default({}),
    target,
    profiles: z
      .record(Name, profileOf(credential))
      .refine((profiles) => Object.keys(profiles).length > 0, 'needs at least one profile'),
  });

export const ResourceDocument = z.discriminatedUnion('protocol', [
  resourceOf('postgres', PostgresTarget, PasswordCredential),
  resourceOf('ssh', SshTarget, SshCredential),
]);
export type ResourceDocument = z.infer<typeof ResourceDocument>;
export type Profile = ResourceDocument['profiles'][string];

/** `full` hides all, `last4` keeps four characters, `email` keeps the domain, `hash` keeps equality, `null` is NULL. */
export const MaskKind = z.enum(['full', 'last4', 'email', 'hash', 'null']);
export type MaskKind = z.infer<typeof MaskKind>;

/** `schema.table.column`; `*` stands for any one part. Parts with other characters are double-quoted as in SQL. */
export const ColumnPattern = z
  .string()
  .regex(
    /^(?:\*|"(?:[^"]|"")+"|[^".*\s]+)(?:\.(?:\*|"(?:[^"]|"")+"|[^".*\s]+)){2}$/,
    'must be schema.table.column, like public.customers.ssn or *.*.email',
  );

export const ResourceSelector = z.union([
  z.strictObject({ names: z.array(Name).min(1) }),
  z.strictObject({
    labels: Labels.refine((labels) => Object.keys(labels).length > 0, 'needs at least one label'),
  }),
]);
export type ResourceSelector = z.infer<typeof ResourceSelector>;

/** What is found in text wherever it stands: terminal and command output, where there are no columns. */
export const Detector = z.enum(['card', 'email', 'iban', 'ssn', 'token', 'private-key']);
export type Detector = z.infer<typeof Detector>;

/** Longest text of a pattern; matched by RE2, whose time is linear. */
const PATTERN_LIMIT = 200;

export const TextRule = z.union([
  z.strictObject({ detect: Detector, mask: MaskKind }),
  z.strictObject({ pattern: z.string().min(1).max(PATTERN_LIMIT), mask: MaskKind }),
]);
export type TextRule = z.infer<typeof TextRule>;

export const DataRuleDocument = z
  .strictObject({
    kind: z.literal('DataRule'),
    name: Name,
    resources: ResourceSelector,
    columns: z
      .array(z.strictObject({ column: ColumnPattern, mask: MaskKind }))
      .min(1)
      .optional(),
    text: z.array(TextRule).min(1).optional(),
  })
  .refine(({ columns, text }) => columns !== undefined || text !== undefined, 'needs columns or text');
export type DataRuleDocument = z.infer<typeof DataRuleDocument>;

export const PolicyDocument = z.strictObject({
  kind: z.literal('Policy'),
  name: Name,
  description: z.string().max(280).optional(),
  /** One or more Cedar policies; their ids are `name`, or `name#0`, `name#1`, … where there are several. */
  cedar: z.string().min(1),
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

export const DocumentKind = z.enum(['Resource', 'DataRule', 'Policy']);
export type DocumentKind = z.infer<typeof DocumentKind>;

export const Document = z.discriminatedUnion('kind', [ResourceDocument, DataRuleDocument, PolicyDocument]);
export type Document = z.infer<typeof Document>;
/** A document as it is written: durations as text, defaults left out. */
export type DocumentInput = z.input<typeof Document>;

/** One line of what an apply did or would do. `changes` names paths and values; secrets only as `(changed)`. */
export const DocumentChange = z.object({
  kind: DocumentKind,
  name: Name,
  action: z.enum(['created', 'updated', 'unchanged', 'removed']),
  changes: z.array(
    z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() }),
  ),
});
export type DocumentChange = z.infer<typeof DocumentChange>;
