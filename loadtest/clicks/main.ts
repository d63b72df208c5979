/**
 * Writes a synthetic log of clicks as CSV to standard output:
 *
 *   node dist/loadtest/clicks/main.js shop > shop.csv && gapless evaluate shop.csv
 *
 * Shapes are in `shapes.ts`; a second argument is the seed.
 */
import { clickLog } from './click-log.ts';
import { SHAPES } from './shapes.ts';

const [name = '', seed = '1'] = process.argv.slice(2);
const shape = SHAPES[name];
if (shape === undefined) {
  console.error(`Name a shape: ${Object.keys(SHAPES).join(', ')}`);
  process.exit(1);
}
const rows = ['session_id,timestamp,item_id\n'];
for (const { session, at, item } of clickLog(shape, Number(seed))) rows.push(`${session},${at},${item}\n`);
process.stdout.write(rows.join(''));
