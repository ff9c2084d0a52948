import { api, ErrorBody, errorStatus, ISSUER_PATH, type Route } from '@drawbridge/contract';
import { z } from 'zod';

const toPath = (path: string) => path.replace(/:(\w+)/g, '{$1}');

/** JSON Schema of a zod schema as OpenAPI 3.1 takes it; brands and transforms show as what is sent. */
const schema = (type: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(type, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
  });
  return rest;
};

const parameters = (shape: z.ZodObject | undefined, place: 'path' | 'query') =>
  Object.entries(shape?.shape ?? {}).map(([name, type]) => ({
    name,
    in: place,
    required: place === 'path' || !(type as z.ZodType).safeParse(undefined).success,
    schema: schema(type as z.ZodType, 'input'),
  }));

const operation = (id: string, route: Route) => ({
  operationId: id,
  summary: route.summary,
  parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
  ...(route.body && {
    requestBody: {
      required: !route.body.safeParse({}).success,
      content: { 'application/json': { schema: schema(route.body, 'input') } },
    },
  }),
  // Whoever verifies a recording need not be signed in.
  ...(id === 'recordingKeys' && { security: [] }),
  responses: {
    200: {
      description: 'Done',
      content: route.mediaType
        ? { [route.mediaType]: {} }
        : { 'application/json': { schema: schema(route.response, 'output') } },
    },
    default: {
      description: `Refused or failed; \`error.code\` is one of ${Object.keys(errorStatus).join(', ')}`,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  },
});

/** The OpenAPI 3.1 document of the API, made from the contract's route map. */
export function openApiDocument(publicUrl: string, version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, route] of Object.entries<Route>(api)) {
    const path = toPath(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Drawbridge gateway', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: publicUrl }],
    security: [{ signIn: [] }],
    paths,
    components: {
      securitySchemes: {
        signIn: {
          type: 'openIdConnect',
          openIdConnectUrl: `${publicUrl}${ISSUER_PATH}/.well-known/openid-configuration`,
        },
      },
      schemas: { Error: schema(ErrorBody, 'output') },
    },
  };
}
