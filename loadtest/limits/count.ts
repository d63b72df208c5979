/** How fast HTTP and its generator are with nothing behind them. Stores nothing: what counts is that each request is answered. */
import type { Contender } from '../contenders/contender.ts';
import { startBare } from './bare-server.ts';

export const count: Contender = {
  name: 'count',
  title: 'uWebSockets.js counts the lines',
  isLimit: true,
  start: () => startBare('count-server', { wire: null, http: 'plain' }),
};
