/** The owner's side over the bus: questions and open sessions. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partitionOf } from '../../../../format/partition.ts';
import { decodeMessage, encodeMessage } from '../../../../server/bus/message.ts';
import { type AnswerMessage, type InterestMessage, type ListMessage, TOPICS } from '../../../../server/bus/messages.ts';
import { INTEREST_MS, LiveSession } from '../../../../server/recommend/owner/live-session.ts';
import type { RecommendationList } from '../../../../server/recommend/port.ts';
import { PARTITIONS, RecommendWorld, TENANT } from '../../../helpers/recommend-world.ts';

const TRACKS = Array.from({ length: 30 }, (_, n) => `t${n}`);
const ASK = TOPICS.ask(partitionOf(TENANT, 'ann', PARTITIONS));
let world: RecommendWorld;
let lists: RecommendationList[];
let answers: Partial<AnswerMessage>[];

beforeEach(async () => {
  world = new RecommendWorld();
  await world.open();
  await world.listeners(6, TRACKS);
  lists = [];
  answers = [];
  world.bus.subscribe(TOPICS.inbox('me'), (bytes) => {
    const message = decodeMessage<ListMessage | AnswerMessage>(bytes)!;
    if (message.kind === 'list') lists.push((message as ListMessage).list);
    else answers.push(message as AnswerMessage);
  });
});
afterEach(() => world.close());

function watch(more: Partial<InterestMessage> = {}): void {
  const message = { kind: 'interest', inbox: 'me', tenant: TENANT, userId: 'ann', count: 10, model: 'blend', ...more };
  world.bus.publish(ASK, encodeMessage(message));
}
const ids = (list: RecommendationList | undefined) => list?.tracks.map(({ track_id }) => track_id) ?? [];
const until = (check: () => void) => vi.waitFor(check, 10_000);
/** Something that must change the list, and the list that comes of it. */
async function nextList(): Promise<void> {
  const unwanted = ids(lists.at(-1))[0]!;
  await world.did('ann', 'dislike', unwanted);
  await until(() => expect(ids(lists.at(-1))).not.toContain(unwanted));
}

describe('a question', () => {
  const ask = (id: string, request: Record<string, unknown> = {}, topic = ASK) =>
    world.bus.publish(
      topic,
      encodeMessage({
        kind: 'ask',
        inbox: 'me',
        id,
        request: { tenant: TENANT, userId: 'ann', count: 5, model: 'blend', ...request },
      }),
    );

  it('is answered', async () => {
    world.owner();
    ask('1');
    await until(() => expect(answers).toHaveLength(1));
    expect(answers[0]).toMatchObject({ id: '1', list: { user_id: 'ann', model: 'blend' } });
    expect(answers[0]!.list!.tracks).toHaveLength(5);
  });

  it('is refused at once when nobody here can answer', async () => {
    world.owner();
    world.storeFails = true;
    ask('1');
    await until(() => expect(answers).toEqual([{ kind: 'answer', id: '1', error: 'unavailable' }]));
  });

  it('is not answered when it is not ours', async () => {
    const { users } = world.owner();
    for (const message of [
      new Uint8Array([1, 2]),
      encodeMessage({ kind: 'ask' }),
      encodeMessage({ kind: 'other', inbox: 'me' }),
    ]) {
      world.bus.publish(ASK, message);
    }
    ask('1', { count: 101 });
    ask('2', { model: 'magic' });
    ask('3', { userId: null });
    ask('4');
    await until(() => expect(answers).toMatchObject([{ id: '4' }]));
    users.lose(partitionOf(TENANT, 'ann', PARTITIONS));
    ask('5');
    const elsewhere = Array.from({ length: 20 }, (_, n) => `u${n}`).find((user) =>
      users.owns(partitionOf(TENANT, user, PARTITIONS)),
    )!;
    ask('6', { userId: elsewhere }, TOPICS.ask(partitionOf(TENANT, elsewhere, PARTITIONS)));
    await until(() => expect(answers).toMatchObject([{ id: '4' }, { id: '6' }]));
  });
});

describe('an open session', () => {
  it('gets a list at once, and a new one when the listener does something that changes it', async () => {
    world.owner();
    await world.did('ann', 'play', 't3');
    watch();
    await until(() => expect(lists).toHaveLength(1));
    expect(ids(lists[0])[0]).toBe('t4');
    await world.did('ann', 'dislike', 't4');
    await until(() => expect(lists).toHaveLength(2));
    expect(ids(lists[1])).not.toContain('t4');
    expect(world.served.map(({ recommendation_id }) => recommendation_id)).toEqual(
      lists.map((list) => list.recommendation_id),
    );
  });

  it('gets none because of what the server itself stored, of pauses, or of others', async () => {
    world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    await world.did('ann', 'pause', 't3');
    await world.did('bob', 'dislike', 't4');
    await nextList();
    expect(lists).toHaveLength(2);
    expect(world.served).toHaveLength(2);
  });

  it('gets none that is the same', async () => {
    world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    await world.did('ann', 'dislike', 'a track that nobody would be recommended');
    await nextList();
    expect(lists).toHaveLength(2);
    expect(world.served).toHaveLength(2);
  });

  it('ends up with a list that fits all that happened, however fast it came', async () => {
    world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    for (const track of TRACKS.slice(0, 20)) await world.did('ann', 'dislike', track);
    await until(() => expect(ids(lists.at(-1)).some((track) => TRACKS.indexOf(track) < 20)).toBe(false));
    expect(lists.length).toBeLessThan(8);
  });

  it('is told again what it lost', async () => {
    world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    watch({ have: lists[0]!.recommendation_id });
    watch({ have: 'blend.1.lost-lost-lost-l' });
    watch();
    await until(() => expect(lists).toHaveLength(3));
    await nextList();
    expect(lists).toEqual([lists[0], lists[0], lists[0], lists[3]]);
    expect(world.served).toHaveLength(2);
  });

  it('keeps its list under a new owner unless it would be another one', async () => {
    const before = world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    before.recommender.close();
    const { recommender } = world.owner();
    watch({ have: lists[0]!.recommendation_id });
    await until(() => expect(recommender.sessions.size).toBe(1));
    await nextList();
    expect(lists).toHaveLength(2);
    expect(world.served).toHaveLength(2);
  });

  it('is forgotten with the partition', async () => {
    const { users, recommender } = world.owner();
    watch();
    await until(() => expect(lists).toHaveLength(1));
    users.lose(partitionOf(TENANT, 'ann', PARTITIONS));
    expect(recommender.sessions.size).toBe(0);
  });

  it('is tried again when no list could be made', async () => {
    world.owner();
    world.storeFails = true;
    watch();
    await until(() => expect(world.refused).toBeGreaterThan(0));
    world.storeFails = false;
    await until(() => expect(lists).toHaveLength(1));
  });

  it('is not heard beyond the bound', async () => {
    const { recommender } = world.owner({ maxSessions: 1 });
    watch();
    watch({ count: 7 });
    await until(() => expect(lists).toHaveLength(1));
    expect(recommender.sessions.size).toBe(1);
  });

  it('lasts as long as somebody renews it', () => {
    const session = new LiveSession({ tenant: TENANT, userId: 'ann', count: 1, model: 'blend' }, 0, 0);
    session.watch('a', 0);
    session.watch('b', 5_000);
    expect(session.sweep(INTEREST_MS)).toBe(true);
    expect([...session.inboxes()]).toEqual(['b']);
    expect(session.sweep(INTEREST_MS + 5_000)).toBe(false);
  });
});
