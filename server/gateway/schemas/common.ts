/** What several schemas of requests and answers share. */
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';

/** ms since 1970. */
export const time = z.int().min(0).describe('ms since 1970');

/** Texts that may be given several times. */
export function texts(most: number) {
  return z.array(text()).min(1).max(most);
}
