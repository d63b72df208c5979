import { expect, it } from 'vitest';
import { Latency } from '../../../server/ingest/latency.ts';

it('the short average follows at once, the long one slowly', () => {
  const latency = new Latency();
  for (let i = 0; i < 200; i++) latency.observe(0.01);
  for (let i = 0; i < 10; i++) latency.observe(0.5);
  expect(latency.short).toBeGreaterThan(0.4);
  expect(latency.long).toBeLessThan(0.05);
});

it('what was slow is forgotten when nothing is measured any more', () => {
  const latency = new Latency();
  latency.observe(2);
  latency.rest();
  expect(latency.short).toBe(2);
  for (let i = 0; i < 20; i++) latency.rest();
  expect(latency.short).toBeLessThan(0.05);
  expect(latency.long).toBe(2);
});

it('is not forgotten while it is measured', () => {
  const latency = new Latency();
  for (let i = 0; i < 20; i++) {
    latency.observe(0.5);
    latency.rest();
  }
  expect(latency.short).toBeCloseTo(0.5);
});
