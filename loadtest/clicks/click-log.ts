/**
 * Synthetic logs of clicks of a given shape, for tuning recommendations on more than one kind of log. A session starts anywhere by
 * popularity and goes on from its current item: the same again, back to an earlier one, along a link, within the category, or anywhere.
 */
import { Random } from '../listeners/random.ts';
import { Weights, zipf } from '../listeners/weights.ts';
import type { Shape } from './shapes.ts';

export interface Click {
  session: string;
  item: string;
  /** ms since 1970. */
  at: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
/** What is popular changes so often, days. */
const STEP_DAYS = 0.5;
const LONGEST = 40;
/** Links lead to the nearest of so many items of the category. */
const CANDIDATES = 200;
/** A link is followed from an earlier item of the session this often. */
const FROM_EARLIER = 0.25;
/** When people go back, each step further back is this likely. */
const FURTHER_BACK = 0.4;
const MEAN_PAUSE_S = 90;

interface World {
  shape: Shape;
  categoryOf: Int32Array;
  byCategory: number[][];
  links: number[][];
  /** Popularity at each step of time, of all items and within each category. */
  popular: { all: Weights; within: Weights[] }[];
  linkFocus: Weights;
}

/** Session by session, not in the order of time. The same for the same seed. */
export function* clickLog(shape: Shape, seed = 1): Generator<Click, void> {
  const random = new Random(seed, 0xc11c);
  const world = makeWorld(shape, random);
  for (let number = 1; number <= shape.sessions; number++) {
    const day = random.next() * shape.days;
    let at = START_MS + day * DAY_MS;
    for (const item of walk(world, day, random)) {
      yield { session: `s${number}`, item: `i${item}`, at: Math.round(at) };
      at += 1000 * (5 + random.exponential(MEAN_PAUSE_S));
    }
  }
}

function* walk(world: World, day: number, random: Random): Generator<number, void> {
  const { again, back, linked, category } = world.shape;
  const popular = world.popular[Math.floor(day / STEP_DAYS)]!;
  const seen: number[] = [];
  let item = popular.all.draw(random);
  for (let left = lengthOf(world.shape, random); left > 0; left--) {
    yield item;
    if (!seen.includes(item)) seen.push(item);
    const choice = random.next();
    if (choice < again) continue;
    if (choice < again + back && seen.length > 1) item = goBack(seen, item, random);
    else if (choice < again + back + linked) item = follow(world, seen, item, random);
    else if (choice < again + back + linked + category) {
      const group = world.categoryOf[item]!;
      item = world.byCategory[group]![popular.within[group]!.draw(random)]!;
    } else item = popular.all.draw(random);
  }
}

function lengthOf({ length }: Shape, random: Random): number {
  let clicks = 2;
  while (clicks < LONGEST && random.chance(1 - 1 / (length - 1))) clicks++;
  return clicks;
}

function goBack(seen: readonly number[], item: number, random: Random): number {
  const earlier = seen.filter((each) => each !== item).reverse();
  let n = 0;
  while (n < earlier.length - 1 && random.chance(FURTHER_BACK)) n++;
  return earlier[n]!;
}

function follow({ links, linkFocus }: World, seen: readonly number[], item: number, random: Random): number {
  const from = links[random.chance(FROM_EARLIER) ? random.pick(seen) : item]!;
  let next = item;
  for (let tries = 3; tries > 0 && from.length > 0 && seen.includes(next); tries--) {
    next = from[Math.min(from.length - 1, linkFocus.draw(random))]!;
  }
  return next;
}

function makeWorld(shape: Shape, random: Random): World {
  const { items, categories, days, lifeDays } = shape;
  const category = new Weights(zipf(categories, shape.categoryFocus));
  const base = shuffled(zipf(items, shape.itemFocus), random);
  const categoryOf = Int32Array.from({ length: items }, () => category.draw(random));
  const byCategory: number[][] = Array.from({ length: categories }, () => []);
  for (let item = 0; item < items; item++) byCategory[categoryOf[item]!]!.push(item);
  const lasts = Number.isFinite(lifeDays);
  const born = Float64Array.from(base, () => (lasts ? random.between(-2 * lifeDays, days) : 0));
  const popular: World['popular'] = [];
  for (let day = 0; day < days; day += STEP_DAYS) {
    const now = base.map((weight, item) => {
      const age = day - born[item]!;
      return (age < 0 ? 0 : weight * (lasts ? 2 ** (-age / lifeDays) : 1)) + 1e-12;
    });
    const within = byCategory.map((group) => new Weights(group.map((item) => now[item]!)));
    popular.push({ all: new Weights(now), within });
  }
  const links = makeLinks(shape, { base, born, categoryOf, byCategory }, random);
  return { shape, categoryOf, byCategory, links, popular, linkFocus: new Weights(zipf(shape.links, shape.linkFocus)) };
}

interface Items {
  base: Float64Array;
  born: Float64Array;
  categoryOf: Int32Array;
  byCategory: readonly number[][];
}

/** Items lie on a line; links lead to what is near, of about the same age, and popular. */
function makeLinks(
  { links, lifeDays }: Shape,
  { base, born, categoryOf, byCategory }: Items,
  random: Random,
): number[][] {
  const place = Float64Array.from(base, () => random.next());
  return Array.from(base, (_, item) => {
    const group = byCategory[categoryOf[item]!]!;
    const distance = new Map<number, number>();
    for (let tries = Math.min(group.length, CANDIDATES); tries > 0; tries--) {
      const other = random.pick(group);
      if (other === item) continue;
      const apart = Math.abs(place[other]! - place[item]!) + (0.1 * Math.abs(born[other]! - born[item]!)) / lifeDays;
      distance.set(other, apart - 0.02 * Math.log(base[other]! * base.length + 1));
    }
    const nearest = [...distance].sort((a, b) => a[1] - b[1]);
    return nearest.slice(0, links).map(([other]) => other);
  });
}

function shuffled(values: Float64Array, random: Random): Float64Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}
