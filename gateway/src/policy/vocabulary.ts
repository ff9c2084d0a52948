import { ActionName } from '@drawbridge/contract';
import { schemaToJson } from './cedar.ts';
import { POLICY_SCHEMA } from './schema.ts';

interface ActionMeaning {
  /** The action that it is `in`: `sql` of `sql.read`. */
  readonly group: string;
  /** Types of what it is done to. */
  readonly resources: readonly string[];
  /** Name of the type of its context, and the context's fields. */
  readonly context: string;
  readonly fields: ReadonlySet<string>;
}

/** `POLICY_SCHEMA` as it is used to say what a policy is about. */
export const vocabulary = read();

/** Whether something of one type can stand in, or be, something of the other. */
export function canBeIn(type: string, other: string): boolean {
  return type === other || (vocabulary.parents.get(type) ?? []).some((parent) => canBeIn(parent, other));
}

function read(): {
  readonly actions: ReadonlyMap<ActionName, ActionMeaning>;
  readonly parents: ReadonlyMap<string, readonly string[]>;
} {
  const answer = schemaToJson(POLICY_SCHEMA);
  if (answer.type === 'failure')
    throw new Error(`Cedar refused the schema: ${answer.errors.map(({ message }) => message).join('; ')}`);
  const { actions = {}, commonTypes = {}, entityTypes = {} } = answer.json[''] ?? {};
  return {
    actions: new Map(
      ActionName.options.map((name) => {
        const { appliesTo, memberOf } = actions[name] ?? {};
        const context = typeName(appliesTo?.context);
        const group = memberOf?.[0]?.id;
        if (appliesTo === undefined || context === undefined || group === undefined)
          throw new Error(`the schema doesn't say what ${name} is done to, and what its context is`);
        const fields = new Set(Object.keys(attributesOf(commonTypes[context])));
        return [name, { group, resources: appliesTo.resourceTypes, context, fields }];
      }),
    ),
    parents: new Map(
      Object.entries(entityTypes).map(([name, type]) => [
        name,
        'memberOfTypes' in type ? (type.memberOfTypes ?? []) : [],
      ]),
    ),
  };
}

/** Cedar writes the name of a type as `type` or, where it could be an entity's too, as `name`. */
function typeName(context: object | undefined): string | undefined {
  if (context === undefined) return undefined;
  const named: unknown = 'name' in context ? context.name : 'type' in context ? context.type : undefined;
  return typeof named === 'string' ? named : undefined;
}

function attributesOf(type: object | undefined): object {
  const attributes: unknown = type !== undefined && 'attributes' in type ? type.attributes : undefined;
  return typeof attributes === 'object' && attributes !== null ? attributes : {};
}
