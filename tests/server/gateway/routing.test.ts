import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRouter, decodeSegment, type Route } from '../../../server/gateway/routing.ts';

function route(method: Route['method'], path: string): Route {
  return { method, path, handle: () => ({ status: 204 }) };
}
const ROUTES = [
  route('GET', '/users'),
  route('GET', '/users/{id}'),
  route('POST', '/users/batch'),
  route('GET', '/users/{id}/near/{other}'),
  route('POST', '/both'),
  route('GET', '/both'),
];
const find = createRouter(ROUTES);

/** The pattern and the parameters, the methods that there are, or null. */
function found(method: string, path: string): unknown {
  const answer = find({ method, path });
  if (answer.status === 'found') return [answer.route.path, { ...answer.params }];
  return answer.status === 'other_method' ? answer.allow : null;
}

describe('a path', () => {
  it.each([
    ['GET', '/users', ['/users', {}]],
    ['HEAD', '/users', ['/users', {}]],
    ['GET', '/users/7', ['/users/{id}', { id: '7' }]],
    ['HEAD', '/users/7', ['/users/{id}', { id: '7' }]],
    ['GET', '/users/7/near/8', ['/users/{id}/near/{other}', { id: '7', other: '8' }]],
    // As they were sent.
    ['GET', '/users/a%2Fb%2fc', ['/users/{id}', { id: 'a%2Fb%2fc' }]],
    ['GET', '/users/a,b;c=d', ['/users/{id}', { id: 'a,b;c=d' }]],
    ['GET', '/users/...', ['/users/{id}', { id: '...' }]],
    // An exact path is found first, but does not hide another method of one with parameters.
    ['POST', '/users/batch', ['/users/batch', {}]],
    ['GET', '/users/batch', ['/users/{id}', { id: 'batch' }]],
    ['DELETE', '/users/batch', 'POST, GET, HEAD, OPTIONS'],
    ['POST', '/users/7', 'GET, HEAD, OPTIONS'],
    ['OPTIONS', '/both', 'POST, GET, HEAD, OPTIONS'],
    ['GET', '/Users', null],
    ['GET', '/users/', null],
    ['GET', '/users//near/8', null],
    ['GET', '/users/7/', null],
    ['GET', '/users/7/near', null],
    ['GET', '/users/7/near/8/9', null],
    ['GET', '//users', null],
    ['GET', '', null],
    ['GET', '/{id}', null],
  ])('%s %s', (method, path, expected) => {
    expect(found(method, path)).toEqual(expected);
  });

  it.each(['.', '..', '%2e', '%2E%2e', '.%2e', '%2e.'])('has no parameter that is a step along it: %s', (step) => {
    expect(found('GET', `/users/${step}`)).toBeNull();
    expect(found('GET', `/users/${step}/near/8`)).toBeNull();
    expect(found('GET', `/users/7/near/${step}`)).toBeNull();
  });

  it('gives the prototype of nothing away', () => {
    const answer = find({ method: 'GET', path: '/users/__proto__' });
    expect(answer).toMatchObject({ status: 'found', params: { id: '__proto__' } });
    expect(found('GET', '/constructor')).toBeNull();
  });

  it('gives back whatever a client encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        fc.pre(!['.', '..'].includes(id));
        const answer = find({ method: 'GET', path: `/users/${encodeURIComponent(id)}` });
        expect(answer.status === 'found' && decodeSegment(answer.params.id!)).toBe(id);
      }),
    );
  });
});

describe('a segment', () => {
  it.each([
    ['%00', '\0'],
    ['a%2fb', 'a/b'],
    ['%E2%99%AB', '♫'],
    ['a+b', 'a+b'],
    ['%252e', '%2e'],
  ])('%s is decoded once', (raw, expected) => {
    expect(decodeSegment(raw)).toBe(expected);
  });

  // Cut off, no hexadecimal, not UTF-8, overlong, half of a surrogate pair, beyond Unicode.
  it.each(['%', '%2', '%zz', '%ff', '%c0%af', '%ed%a0%80', '%f5%80%80%80', 'a%e2%99'])('%s is none', (raw) => {
    expect(decodeSegment(raw)).toBeNull();
  });
});
