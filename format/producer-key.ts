/** Who numbers events: everything about a producer is per tenant, token subject, producer id and epoch. */
export interface ProducerId {
  tenant: string;
  /** The subject of the token that the producer belongs to; empty under the static token. */
  owner: string;
  producer: string;
  epoch: number;
}

/** One string for maps and storage; distinct ids give distinct keys. */
export function producerKey(id: ProducerId): string {
  return `${encodeURIComponent(id.tenant)}/${encodeURIComponent(id.owner)}/${id.producer}/${id.epoch}`;
}
