/** Who a token speaks for. */
export interface Identity {
  tenant: string;
  /** The token's subject; empty under the static token. */
  owner: string;
  /** Set where the token names a user. */
  userId?: string;
  /** ms since 1970. */
  expires?: number;
}
