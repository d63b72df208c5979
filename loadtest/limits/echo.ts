/**
 * How fast the transport and the generator are with nothing behind them. Stores nothing; what counts is that each frame comes back. Here the
 * generator may be the bottleneck.
 */
import type { Contender } from '../contenders/contender.ts';
import { startBare } from './bare-server.ts';

export const echo: Contender = {
  name: 'echo',
  title: 'uWebSockets.js sends the same frames back',
  isLimit: true,
  start: () => startBare('echo-server', { wire: 'echo' }),
};
