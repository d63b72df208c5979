/** What a key and a commit must keep to on every engine, so that nothing is found out only on the one that is narrowest. */
import { StoreError } from './error.ts';
import type { RecordKey, ScopeCommit } from './port.ts';

export const GROUP_BYTES_MAX = 1_024;
export const FIELD_BYTES_MAX = 512;

/** Throws StoreError `invalid`. */
export function checkGroup(group: string): void {
  if (group === '') throw new StoreError('invalid', 'a group needs a name');
  check('group', group, GROUP_BYTES_MAX);
}

/** Throws StoreError `invalid`. */
export function checkKey({ group, field }: RecordKey): void {
  checkGroup(group);
  check('field', field, FIELD_BYTES_MAX);
}

/** Throws StoreError `invalid`. */
export function checkCommit({ expected, next, changes }: ScopeCommit): void {
  if (expected.length === 0 || expected.length !== next.length)
    throw new StoreError('invalid', `${expected.length} positions are to become ${next.length}`);
  for (const position of [...expected, ...next]) {
    if (!Number.isSafeInteger(position) || position < 0) throw new StoreError('invalid', `${position} is no position`);
  }
  for (const change of changes) checkKey(change);
}

function check(what: string, text: string, most: number): void {
  // UTF-8 has at most three bytes for a UTF-16 unit.
  if (text.length * 3 <= most) return;
  const bytes = Buffer.byteLength(text);
  if (bytes > most) throw new StoreError('invalid', `a ${what} has ${bytes} bytes, ${most} are allowed`);
}
