/** Files as the server sends them to whoever takes them compressed: `<file>.gz` and `<file>.br` beside each. */
import fs from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Below this a compressed file is hardly smaller. */
const SMALL_BYTES = 512;

export function compress(file) {
  const bytes = fs.readFileSync(file);
  if (bytes.length < SMALL_BYTES) return;
  replace(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  replace(`${file}.br`, brotliCompressSync(bytes, { params }));
}

/** Whoever reads the file meanwhile finds the old one, whole. */
export function replace(file, bytes) {
  fs.writeFileSync(`${file}.new`, bytes);
  fs.renameSync(`${file}.new`, file);
}
