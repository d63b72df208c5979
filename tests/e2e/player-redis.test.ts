import { describeInBrowser } from '../helpers/browser.ts';
import { describeWithRedis } from '../helpers/redis-server.ts';
import { playerSuite } from './player-suite.ts';

describeInBrowser('the player, over Redis', () => describeWithRedis('with its server', () => playerSuite('redis')));
