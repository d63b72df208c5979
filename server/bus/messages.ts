/**
 * What goes over the live bus between the threads and processes of a cluster, by topic. Messages are MessagePack maps (`encodeMessage`).
 * Everything here is a hint or a latest value: who needs certainty asks the log or the store.
 */
import type { ModelName, RecommendationList, RecommendationRequest, RecommendedTrack } from '../recommend/port.ts';
import type { Claim } from '../session/producers.ts';

const ASKS = 'ask:';
const INTERESTS = 'interest:';

export const TOPICS = {
  /** AppendedMessage: partitions of the log that hold something new. */
  appended: 'appended',
  /** FeaturesChangedMessage: whose features were saved. */
  features: 'features',
  /** PopularMessage: what a gateway shows when no processor answers. */
  popular: 'popular',
  /** OwnerMessage: a processor has taken a partition; gateways say again what they are interested in. */
  owner: 'owner',
  /** ServerFigures of one process, each second (`server/feeds/stats.ts`). */
  stats: 'stats',
  /** ClaimMessage: a connection speaks for a producer. */
  producers: 'producers',
  /** AskMessage to the owner of a partition. */
  ask: (partition: number): string => `${ASKS}${partition}`,
  /** InterestMessage to the owner of a partition. */
  interest: (partition: number): string => `${INTERESTS}${partition}`,
  /** AnswerMessage and ListMessage to one process. */
  inbox: (process: string): string => `inbox:${process}`,
} as const;

/** Topics that the same threads publish and subscribe to have one family. */
export function familyOf(topic: string): string {
  return topic.startsWith(ASKS) ? ASKS : topic.startsWith(INTERESTS) ? INTERESTS : topic;
}

export interface AppendedMessage {
  /** Partitions, and the last position of each. */
  events: number[];
  eventPositions: number[];
  deadLetters: number[];
  deadLetterPositions: number[];
}

export interface FeaturesChangedMessage {
  partition: number;
  /** User groups (`userGroup()`). */
  groups: string[];
}

export interface PopularMessage {
  tenant: string;
  at: number;
  /** At most 100. */
  tracks: RecommendedTrack[];
}

export interface OwnerMessage {
  partition: number;
}

/** Who speaks for a producer, on this process. */
export interface ClaimMessage extends Claim {
  key: string;
  process: string;
}

/** A request for one list now. */
export interface AskMessage {
  kind: 'ask';
  inbox: string;
  id: string;
  request: RecommendationRequest;
}

/** Somebody watches this user's list; renewed every 2 s, forgotten after 10 s. */
export interface InterestMessage {
  kind: 'interest';
  inbox: string;
  tenant: string;
  userId: string;
  count: number;
  model: ModelName;
  /** The list that it has; the owner sends its own if that is another one. */
  have?: string;
}

export interface AnswerMessage {
  kind: 'answer';
  id: string;
  list?: RecommendationList;
  /** Where there is no list: `unavailable` (not the owner any more, or not ready). */
  error?: 'unavailable';
}

export interface ListMessage {
  kind: 'list';
  tenant: string;
  list: RecommendationList;
}
