/** Why a listener cannot be opened. uWebSockets.js only says that it could not, so the system is asked for the same. */
import { createServer } from 'node:net';

export const LISTEN_ERRORS = ['port_in_use', 'port_forbidden', 'host_unavailable', 'listen_failed'] as const;
export type ListenErrorCode = (typeof LISTEN_ERRORS)[number];

export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: ListenErrorCode;
  constructor(code: ListenErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the system has against it now; null if nothing. */
export async function listenFault(host: string, port: number): Promise<ListenError | null> {
  const code = await systemErrorOf(host, port);
  return code === null ? null : explain(code, host, port);
}

/** For a listener that could not be opened. */
export async function explainListenFailure(host: string, port: number): Promise<ListenError> {
  return explain(await systemErrorOf(host, port), host, port);
}

function explain(code: string | null, host: string, port: number): ListenError {
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(
        'port_in_use',
        `Port ${port} on ${host} is in use. Stop what listens there, or set GAPLESS_PORT to another one.`,
      );
    case 'EACCES':
      return new ListenError(
        'port_forbidden',
        `This user may not listen on port ${port}. Set GAPLESS_PORT to 1024 or more.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError(
        'host_unavailable',
        `${host} is no address of this machine. Set GAPLESS_HOST to one, for example 127.0.0.1.`,
      );
    default:
      return new ListenError(
        'listen_failed',
        `Cannot listen on ${host}, port ${port}. Set GAPLESS_HOST and GAPLESS_PORT.`,
      );
  }
}

function systemErrorOf(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)));
  });
}
