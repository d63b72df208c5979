import { expect, it } from 'vitest';
import { KnownAgents } from '../../../server/ingest/known-agents.ts';

it('knows what was added, and the nameless', () => {
  const agents = new KnownAgents();
  expect(agents.has({})).toBe(true);
  expect(agents.has({ userAgent: 'A', agent: 'x' })).toBe(false);
  agents.add({ userAgent: 'A', agent: 'x' });
  agents.add({ agent: 'y' });
  expect(agents.has({ userAgent: 'A', agent: 'x' })).toBe(true);
  expect(agents.has({ agent: 'y' })).toBe(true);
  expect(agents.has({ userAgent: 'A' })).toBe(false);
  expect(agents.has({ userAgent: 'A', agent: 'y' })).toBe(false);
});

it('forgets all when they are too many: names that a client makes up take no more memory', () => {
  const agents = new KnownAgents();
  for (let i = 0; i < 1024; i++) agents.add({ userAgent: 'A', agent: `${i}` });
  expect(agents.has({ userAgent: 'A', agent: '0' })).toBe(true);
  agents.add({ userAgent: 'A', agent: '0' });
  expect(agents.has({ userAgent: 'A', agent: '1' })).toBe(true);
  agents.add({ userAgent: 'B' });
  expect(agents.has({ userAgent: 'A', agent: '0' })).toBe(false);
  expect(agents.has({ userAgent: 'B' })).toBe(true);
});
