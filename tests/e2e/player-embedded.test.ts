import { describeInBrowser } from '../helpers/browser.ts';
import { playerSuite } from './player-suite.ts';

describeInBrowser('the player, over the embedded engine', () => playerSuite('embedded'));
