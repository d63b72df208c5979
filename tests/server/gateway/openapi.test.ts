/** The OpenAPI document is valid, says of every route what it is, and real answers are what it says. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../server/gateway/problem.ts';
import { listFor, type Reply, startWhole, type WholeGateway } from './whole.ts';

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { in: string; name: string }[];
  responses: Record<string, { content?: Record<string, object> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: { code: { enum: string[] } } }> };
}

async function documentOf({ get }: WholeGateway): Promise<Document> {
  return (await get('/openapi.json')).json;
}
function operations({ paths }: Document): [name: string, operation: Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const gateway = await startWhole();
    const reply = await gateway.get('/v1/openapi.json');
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(reply.text).toBe((await gateway.get('/openapi.json')).text);
    expect(reply.json.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate(reply.json)).toMatchObject({ valid: true });
  });

  it('has every route, and nothing else', async () => {
    const gateway = await startWhole();
    const routes = gateway.routes().map(({ method, path }) => `${method} ${path}`);
    const described = operations(await documentOf(gateway)).map(([name]) => name);
    expect(described.sort()).toEqual([...routes, 'GET /v1/stream'].sort());
    for (const name of described) {
      const [method = '', path = ''] = name.split(' ');
      const { status, json } = await gateway.get(path, {}, method);
      expect([405, 500], name).not.toContain(status);
      expect(json?.code, name).not.toBe('not_found');
    }
  });

  it('names what a path holds, and each operation differently', async () => {
    const all = operations(await documentOf(await startWhole()));
    expect(new Set(all.map(([, { operationId }]) => operationId)).size).toBe(all.length);
    for (const [name, { parameters = [] }] of all) {
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath, name).toEqual([...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    }
  });

  it('says the same of a bare path as of the one under /v1', async () => {
    const { paths } = await documentOf(await startWhole());
    for (const bare of ['/feedback', '/features', '/features/{entity}/{id}', '/recommendations/{user_id}']) {
      for (const [method, { operationId: _, ...operation }] of Object.entries(paths[bare]!))
        expect(paths[`/v1${bare}`]?.[method]).toMatchObject(operation);
    }
  });

  it('knows every error', async () => {
    const { components } = await documentOf(await startWhole());
    expect(components.schemas.Problem?.properties.code.enum).toEqual(Object.keys(PROBLEMS));
  });

  it('has no routes of what there is not, and still is valid', async () => {
    const gateway = await startWhole({ answers: false });
    expect((await gateway.get('/recommendations/u')).status).toBe(404);
    const document = await documentOf(gateway);
    expect(Object.keys(document.paths)).not.toContain('/recommendations/{user_id}');
    expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
  });
});

type Sent = [path: string, body?: unknown, type?: string];
const EVENT = { type: 'explicit_rating', timestamp: Date.now(), user_id: 'u', track_id: 't', rating: 4 };
const BAD = Uint8Array.of(0x81);

/** Requests that succeed, by operation, and then such that do not. Any text is an id, so `{user_id}` stands for itself. */
const REQUESTS: [operation: string, good: Sent[], bad: Sent[]][] = [
  [
    'POST /v1/events',
    [
      ['', { events: [EVENT, {}] }],
      ['', `${JSON.stringify(EVENT)}\n`, 'application/x-ndjson'],
    ],
    [
      ['', { events: [] }],
      ['', { events: [{}] }],
      ['', BAD, 'application/msgpack'],
      ['', '', 'text/html'],
    ],
  ],
  ['POST /v1/beacon', [['', JSON.stringify({ events: [EVENT] }), 'text/plain']], [['', 'nothing', 'text/plain']]],
  [
    'POST /feedback',
    [
      ['', EVENT],
      ['', [EVENT, {}]],
      ['', { events: [EVENT], producer: 'p', first: 1 }],
    ],
    [['', []]],
  ],
  ['GET /recommendations/{user_id}', [[''], ['?count=3&request_id=q']], [['?count=-1'], ['?model=fails']]],
  ['GET /recommendations/{user_id}/similar/{track_id}', [['']], [['?no=1']]],
  [
    'POST /recommendations/batch',
    [['', { requests: [{ user_id: 'a' }, { user_id: 'fails' }] }]],
    [
      ['', {}],
      ['', { requests: [{ user_id: 'fails' }] }],
    ],
  ],
  ['GET /features', [['']], [['?a=1']]],
  ['GET /features/global', [[''], ['?features=global:*']], [['?at=x']]],
  ['GET /features/{entity}/{id}', [], [['']]],
  [
    'POST /features/batch',
    [['', { features: ['user:*'], rows: [{ user: 'u' }] }]],
    [
      ['', { features: ['a:b'], rows: [{}] }],
      ['', { features: ['user:*'], rows: [{}] }],
    ],
  ],
  ['GET /catalogue', [[''], ['?count=2'], ['?id=track-00001&id=none']], [['?count=0']]],
  ['GET /health', [['']], []],
  ['GET /health/live', [['']], []],
  ['GET /health/ready', [['']], []],
  ['GET /metrics', [['']], []],
  ['GET /openapi.json', [['']], [['?token=x']]],
  ['GET /v1/stream', [], [['']]],
];

it('gives real answers that are what it says, for every operation', async () => {
  const gateway = await startWhole({
    recommend: (request) =>
      request.userId === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve(listFor(request)),
  });
  const { paths } = await documentOf(gateway);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(await documentOf(gateway), 'document');
  const pointer = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

  /** Fails where the operation does not say that it may answer like this. */
  function check(name: string, reply: Reply): void {
    const [method = '', path = ''] = name.split(' ');
    const content = paths[path]?.[method.toLowerCase()]?.responses[reply.status]?.content ?? {};
    const type = reply.headers.get('content-type')?.split(';')[0];
    expect(Object.keys(content), `${name} ${reply.status}`).toEqual(type === undefined ? [] : [type]);
    if (type === undefined) return;
    const where = ['paths', path, method.toLowerCase(), 'responses', String(reply.status), 'content', type, 'schema'];
    const schema = ajv.compile({ $ref: `document#/${where.map(pointer).join('/')}` });
    expect(schema(reply.json ?? reply.text), JSON.stringify([name, reply.text, schema.errors])).toBe(true);
  }

  for (const [name, good, bad] of REQUESTS) {
    const [method = '', path = ''] = name.split(' ');
    for (const sent of [...good, ...bad]) {
      const [query, body, type = 'application/json'] = sent;
      const url = path.replaceAll(/[{}]/g, '') + query;
      const reply = await (method === 'GET' ? gateway.get(url) : gateway.post(url, body, { 'content-type': type }));
      expect(reply.status < 300, `${name} ${query}: ${reply.text}`).toBe(good.includes(sent));
      check(name, reply);
    }
  }
  for (const path of ['user/u', 'user_artist/u,a', 'track/t', 'user/u?features=a:b'])
    check('GET /features/{entity}/{id}', await gateway.get(`/features/${path}`));

  // What is there twice is tested once.
  const tested = new Set(REQUESTS.map(([name]) => name));
  const all = gateway.routes().map((route) => `${route.method} ${route.path}`);
  expect(all.filter((name) => !tested.has(name) && !tested.has(name.replace(' /v1/', ' /')))).toEqual([]);
});
