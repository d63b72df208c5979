/** Whether a variable of the environment would change what Gapless does. */
export function isSetting(name: string): boolean {
  return /^(GAPLESS_|ENABLE_|DEBUG$)/.test(name);
}

/** For a process: without the settings of whoever runs this, with `extra`. */
export function cleanEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !isSetting(name));
  return { ...Object.fromEntries(own), ...extra };
}
