/** `GET /openapi.json`: the document of all routes, this one included. */
import type { Route } from '../routing.ts';
import { openApi } from '../schemas/operations.ts';

const PATHS = ['/openapi.json', '/v1/openapi.json'];

/** The document is made when it is first asked for: few servers are, and what makes it takes a while to load. */
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
    handle: async () => {
      body ??= make().catch((error) => {
        body = undefined;
        throw error;
      });
      return { status: 200, headers: { 'content-type': 'application/json' }, body: await body };
    },
  }));
  let body: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    const { openApiDocument } = await import('../openapi/document.ts');
    return JSON.stringify(openApiDocument([...others, ...routes], version));
  };
  return routes;
}
