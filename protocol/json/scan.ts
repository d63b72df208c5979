/** The bounds that `msgpack/scan.ts` sets to control frames, for values that JSON.parse has made. */
import { ProtocolError } from '../codes.ts';
import { CONTROL_MAX_DEPTH, CONTROL_MAX_VALUES } from '../limits.ts';
import { hasLoneSurrogate } from '../utf8.ts';

/** Throws `ProtocolError` for a frame too deep, with too many values, or with text that UTF-8 cannot express. */
export function scanControl(frame: unknown): void {
  let values = 0;
  const visit = (value: unknown, depth: number): void => {
    if (++values > CONTROL_MAX_VALUES) throw new ProtocolError(`more than ${CONTROL_MAX_VALUES} values`);
    if (typeof value === 'string') checkText(value);
    if (typeof value !== 'object' || value === null) return;
    if (depth > CONTROL_MAX_DEPTH) throw new ProtocolError(`nested deeper than ${CONTROL_MAX_DEPTH} levels`);
    if (!Array.isArray(value)) for (const key of Object.keys(value)) checkText(key);
    for (const child of Object.values(value)) visit(child, depth + 1);
  };
  visit(frame, 1);
}

function checkText(text: string): void {
  if (hasLoneSurrogate(text)) throw new ProtocolError('text is not UTF-8');
}
