import {
  type AccessExplanation,
  DrawbridgeError,
  type PolicyAnswer,
  type PolicyProblem,
  type PolicyQuestion,
  type PolicyStep,
  type PolicyView,
  type Protocol,
  type User,
  UserId,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Action } from '../policy/decision.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import { compilePolicies } from '../policy/policy-set.ts';
import { actionsOf, isAboutGateway, reaches } from '../policy/reach.ts';
import type { Database } from '../store/database.ts';
import type { StoredResource } from '../store/documents.ts';
import type { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';
import { explainAccess } from './explain-access.ts';
import { parseDocuments } from './parse-documents.ts';
import { findPeople, listPeople } from './people.ts';
import { type Circumstances, PolicySteps } from './policy-steps.ts';
import { policyWarnings } from './policy-warnings.ts';
import type { Resources } from './resources.ts';

export interface PolicyQuestionsParts {
  readonly db: Kysely<Database>;
  readonly authorizer: Pick<Authorizer, 'may' | 'assertMay'>;
  readonly engine: Pick<PolicyEngine, 'decide' | 'explain' | 'almost'>;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly resources: Pick<Resources, 'get'>;
  /** What a text would do, see `ProtocolHandler.analyze`; undefined where the protocol has no such texts. */
  readonly analyze: (protocol: Protocol, text: string) => Promise<readonly Action[]> | undefined;
}

/** Seconds that a question is about where it doesn't say. */
const HOUR = 3600;
/** Stands for a person who need not exist: only a name and groups are asked about. */
const NOBODY = UserId.parse('usr_00000000-0000-7000-8000-000000000000');

/** What policy would say, and why. About oneself everybody may ask; about others whoever may read the configuration. */
export class PolicyQuestions {
  readonly #parts: PolicyQuestionsParts;
  readonly #steps: PolicySteps;

  constructor(parts: PolicyQuestionsParts) {
    this.#parts = parts;
    this.#steps = new PolicySteps(parts.engine);
  }

  /** @throws DrawbridgeError `forbidden`, `not_found`, `invalid_request` */
  async test(caller: Caller, question: PolicyQuestion): Promise<PolicyAnswer> {
    await this.#parts.configuration.current();
    const user = await this.#whom(caller, question.as, question.groups);
    const resource = await this.#resource(caller, question.resource);
    const profile = profileOf(resource, question.profile);
    const circumstances = this.#circumstances(caller, user, resource, { ...question, profile });
    const steps = await this.#stepsOf(question, resource, circumstances);
    return {
      principal: { name: user.name, groups: [...user.groups] },
      resource: resource.name,
      profile,
      ...this.#steps.together(steps),
      steps,
    };
  }

  /** @throws DrawbridgeError `forbidden`, `not_found`, `invalid_request` */
  async explain(
    caller: Caller,
    query: { resource: string; as?: string | undefined },
  ): Promise<AccessExplanation> {
    const { policies } = await this.#parts.configuration.current();
    const user = await this.#whom(caller, query.as, undefined);
    const resource = await this.#resource(caller, query.resource);
    const { id, name, groups } = user;
    return {
      principal: { ...(id === NOBODY ? {} : { id }), name, groups: [...groups] },
      resource: resource.name,
      protocol: resource.protocol,
      profiles: Object.keys(resource.profiles).map((profile) =>
        explainAccess(this.#steps, policies, resource, {
          ...this.#circumstances(caller, user, resource, { profile, reason: 'as asked' }),
          profile,
        }),
      ),
    };
  }

  /** @throws DrawbridgeError `forbidden`, `not_found` */
  async policies(caller: Caller, query: { resource?: string | undefined }): Promise<PolicyView[]> {
    const { authorizer, configuration } = this.#parts;
    const { policies, resources } = await configuration.current();
    authorizer.assertMay(caller, 'admin.read');
    const only = query.resource === undefined ? undefined : await this.#resource(caller, query.resource);
    const views: PolicyView[] = [];
    for (const policy of policies.values()) {
      const actions = actionsOf(policy);
      const names = [...resources.values()].filter((each) => reaches(policy, each)).map(({ name }) => name);
      if (only !== undefined && !names.includes(only.name)) continue;
      const { id, document, effect, description, message, cedar, requirements } = policy;
      views.push({
        ...{ id, document, effect },
        ...(description === undefined ? {} : { description }),
        ...(message === undefined ? {} : { message }),
        cedar,
        requirements: requirements.filter((each) => each.kind !== 'mfa'),
        ...(isAboutGateway(actions) ? {} : { resources: names }),
        actions,
      });
    }
    return views;
  }

  /** @throws DrawbridgeError `forbidden` */
  async people(
    caller: Caller,
    { limit }: { limit: number },
  ): Promise<Pick<User, 'id' | 'name' | 'displayName' | 'groups'>[]> {
    await this.#parts.configuration.current();
    this.#parts.authorizer.assertMay(caller, 'admin.read');
    const users = await listPeople(this.#parts.db, limit);
    return users.map(({ id, name, displayName, groups }) => ({ id, name, displayName, groups: [...groups] }));
  }

  /**
   * What `apply` would find wrong with policies. Other documents are passed over.
   * @throws DrawbridgeError `forbidden`
   */
  async validate(
    caller: Caller,
    documents: readonly unknown[],
  ): Promise<{ problems: PolicyProblem[]; policies: number; warnings: string[] }> {
    const { authorizer, configuration } = this.#parts;
    const { policies, resources } = await configuration.current();
    if (!authorizer.may(caller, 'admin.apply')) authorizer.assertMay(caller, 'admin.read');
    const { parsed, issues } = parseDocuments(documents.filter(isPolicy));
    const malformed = issues.map(({ path, message }) => ({ document: path, line: 1, column: 1, message }));
    const sources = parsed.flatMap(({ document }) => (document.kind === 'Policy' ? [document] : []));
    const compiled = compilePolicies(sources, { before: policies });
    if (!compiled.ok) return { problems: [...malformed, ...compiled.problems], policies: 0, warnings: [] };
    const warnings = policyWarnings(
      [...compiled.set.values()],
      [...resources.values(), ...resourcesIn(documents)],
    );
    return { problems: malformed, policies: compiled.set.size, warnings };
  }

  async #stepsOf(
    { sql, command, action, object }: PolicyQuestion,
    resource: StoredResource,
    circumstances: Circumstances,
  ): Promise<PolicyStep[]> {
    if (action !== undefined)
      return [
        this.#steps.of(
          { name: action, ...(object === undefined ? {} : { object }), context: {} },
          circumstances,
        ),
      ];
    const text = sql ?? command;
    if (text === undefined)
      return (['access.request', 'access.connect'] as const).map((name) =>
        this.#steps.of({ name, context: {} }, circumstances),
      );
    const [kind, protocol] = sql === undefined ? ['commands', 'ssh'] : ['SQL', 'postgres'];
    const actions =
      resource.protocol === protocol ? await this.#parts.analyze(resource.protocol, text) : undefined;
    if (actions === undefined)
      throw new DrawbridgeError('invalid_request', `${resource.name} does not speak ${kind}`, {
        hint: `Its protocol is ${resource.protocol}.`,
      });
    return actions.map((each) => this.#steps.of(each, circumstances));
  }

  #circumstances(
    caller: Caller,
    user: User,
    resource: StoredResource,
    { profile, duration, reason, approved = false, ip, at }: Asked,
  ): Circumstances {
    const longest = resource.profiles[profile]?.maxDuration ?? HOUR;
    const address = ip ?? (user === caller.user ? caller.address : undefined);
    return {
      user,
      wish: { resource, profile, duration: duration ?? Math.min(HOUR, longest), reason },
      longest,
      allow: resource.profiles[profile]?.allow ?? [],
      approved,
      isReader: this.#parts.authorizer.may(caller, 'admin.read'),
      ...(address === undefined ? {} : { address }),
      ...(at === undefined ? {} : { at: Date.parse(at) }),
    };
  }

  /** Who it is about. */
  async #whom(
    caller: Caller,
    name: string | undefined,
    groups: readonly string[] | undefined,
  ): Promise<User> {
    const { authorizer, db } = this.#parts;
    if (groups === undefined && (name === undefined || name === caller.user.name)) return caller.user;
    authorizer.assertMay(caller, 'admin.read');
    const wanted = name ?? caller.user.name;
    const [user, another] = wanted === caller.user.name ? [caller.user] : await findPeople(db, wanted);
    if (another !== undefined && groups === undefined)
      throw new DrawbridgeError('invalid_request', `several people are called ${wanted}`, {
        hint: 'Name the groups to ask about instead.',
      });
    if (user !== undefined) return groups === undefined ? user : { ...user, groups: [...groups] };
    if (groups === undefined)
      throw new DrawbridgeError('not_found', `nobody called ${wanted} has signed in yet`, {
        hint: 'Name the groups that they will have.',
      });
    const { kind, provider } = caller.user;
    return {
      kind,
      id: NOBODY,
      provider,
      subject: wanted,
      name: wanted,
      displayName: wanted,
      groups: [...groups],
    };
  }

  /** Whoever may not read the configuration only learns of resources that they may see. */
  async #resource(caller: Caller, name: string): Promise<StoredResource> {
    const { authorizer, configuration, resources } = this.#parts;
    const resource = (await configuration.current()).resources.get(name);
    if (resource === undefined || !authorizer.may(caller, 'admin.read')) await resources.get(caller, name);
    if (resource === undefined) throw new DrawbridgeError('not_found', `there is no resource ${name}`);
    return resource;
  }
}

function profileOf({ name, profiles }: StoredResource, wanted: string | undefined): string {
  const names = Object.keys(profiles);
  const [only] = names;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  if (wanted === undefined && only !== undefined && names.length === 1) return only;
  const problem = wanted === undefined ? `${name} has several profiles` : `${name} has no profile ${wanted}`;
  throw new DrawbridgeError(wanted === undefined ? 'invalid_request' : 'not_found', problem, {
    hint: `Name one of ${names.join(', ')}.`,
  });
}

type Asked = Pick<PolicyQuestion, 'reason'> &
  Partial<Pick<PolicyQuestion, 'duration' | 'approved' | 'ip' | 'at'>> & { readonly profile: string };

const isPolicy = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && 'kind' in document && document.kind === 'Policy';

/** Resources that are to be applied with the policies. */
const resourcesIn = (documents: readonly unknown[]): StoredResource[] =>
  parseDocuments(documents.filter((document) => !isPolicy(document))).parsed.flatMap(({ document }) =>
    document.kind === 'Resource' ? [document] : [],
  );
