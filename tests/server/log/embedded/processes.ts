/** The child processes of these tests. */
import path from 'node:path';
import { scriptArgs, startProcess, type TestProcess } from '../../../helpers/test-process.ts';

export { startProcess, TestProcess, temporaryDirectory } from '../../../helpers/test-process.ts';

/** Runs one of the scripts in `children/`; killed at the end of the test. */
export function startChild(name: string, ...args: (string | number)[]): TestProcess {
  return startProcess(process.execPath, ...childArgs(name, ...args));
}
export function childArgs(name: string, ...args: (string | number)[]): string[] {
  return scriptArgs(path.join(import.meta.dirname, 'children', `${name}.ts`), ...args);
}
