/** Whether what a peer needs is there: peers are no dependencies of Gapless, so an installation for production lacks them. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Why these packages cannot be loaded; null if they can. */
export function whyNotInstalled(...packages: readonly string[]): string | null {
  const absent = packages.filter((name) => !isInstalled(name));
  if (absent.length === 0) return null;
  return `not installed: ${absent.join(', ')}; they come with the development dependencies (npm ci in a checkout)`;
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
