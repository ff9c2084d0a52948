import { ActionName } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { checkParseSchema } from './cedar.ts';
import { type Question, toCedar } from './question.ts';
import { actionContext, actionWords, POLICY_SCHEMA } from './schema.ts';
import { vocabulary } from './vocabulary.ts';

const TYPES = {
  circumstances: 'Circumstances',
  use: 'Use',
  statement: 'Statement',
  command: 'Command',
  file: 'File',
  destination: 'Destination',
  call: 'Call',
} as const;

/** Facts that are left out where they are not known. */
const OPTIONAL = ['ip', 'mfaSeconds'];

describe('drawbridge.cedarschema', () => {
  it('is a schema', () => {
    expect(checkParseSchema(POLICY_SCHEMA)).toEqual({ type: 'success' });
  });

  it('has the actions of the contract and no others', () => {
    const declared = [...POLICY_SCHEMA.matchAll(/"([a-z0-9]+\.[a-z.0-9]+)"/g)].map(([, name]) => name);
    expect(declared.sort()).toEqual([...ActionName.options].sort());
    expect(Object.keys(actionContext).sort()).toEqual([...ActionName.options].sort());
    expect(Object.keys(actionWords).sort()).toEqual([...ActionName.options].sort());
  });

  it.each([...vocabulary.actions])(
    'gives %s the context that the code gives it',
    (action, { context, fields }) => {
      expect(context).toBe(TYPES[actionContext[action]]);
      const question: Question = {
        principal: {
          ...{ kind: 'user', provider: 'p', subject: 's', name: 'n', displayName: 'N', groups: [] },
          id: 'usr_01977f2e-0000-7000-8000-000000000001' as Question['principal']['id'],
        },
        action,
        facts: { ip: '::1', mfaSeconds: 0 },
      };
      const request = toCedar(question, 0);
      expect(Object.keys(request.context).sort()).toEqual([...fields].sort());
      const least = toCedar({ ...question, facts: {} }, 0);
      expect([...fields].filter((field) => !(field in least.context)).sort()).toEqual(OPTIONAL);
    },
  );

  it('puts each action into the action that its name begins with', () => {
    for (const [action, { group }] of vocabulary.actions) expect(action.startsWith(`${group}.`)).toBe(true);
  });
});
