/** The server that this page came from. */

export function serverUrl({ protocol, host }: Pick<Location, 'protocol' | 'host'> = location): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}`;
}

/** What a command line needs beside the defaults to reach it, with a space before it. */
export function urlFlag(url: string): string {
  return url === 'ws://localhost:8080' || url === 'ws://127.0.0.1:8080' ? '' : ` --url ${url}`;
}
