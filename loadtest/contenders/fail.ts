/** Takes away what was started before a start failed, and fails with its error. */
export async function fail(error: unknown, started: { stop(): Promise<unknown> }[]): Promise<never> {
  for (const one of started) await one.stop();
  throw error;
}
