/** `GET /openapi.json`: the document of all routes, this one included. */
import { openApiDocument } from '../openapi/document.ts';
import type { Route } from '../routing.ts';
import { openApi } from '../schemas/operations.ts';

const PATHS = ['/openapi.json', '/v1/openapi.json'];

/** The document is made here, once. */
export function openApiRoutes(others: readonly Route[], version: string): Route[] {
  const routes: Route[] = PATHS.map((path) => ({
    method: 'GET',
    path,
    operation: {
      tag: 'operations',
      summary: 'This document',
      secured: false,
      answers: { 200: { about: 'The document.', content: { 'application/json': openApi } } },
    },
    handle: () => ({ status: 200, headers: { 'content-type': 'application/json' }, body }),
  }));
  const body = JSON.stringify(openApiDocument([...others, ...routes], version));
  return routes;
}
