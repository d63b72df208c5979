/** Made-up names: none is meant to be a real artist's or song's. */
import type { Random } from './random.ts';

const ONSETS = [
  'b',
  'br',
  'd',
  'dr',
  'f',
  'g',
  'h',
  'k',
  'kl',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'sh',
  't',
  'tr',
  'v',
  'z',
];
const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'io', 'ou'];
const ENDINGS = ['', '', 'n', 'r', 's', 'l', 'x', 'th', 'nd'];
const COLLECTIVES = ['Choir', 'Parade', 'Union', 'Society', 'Trio', 'Machine', 'Orchestra', 'Club', 'Collective'];
const ADJECTIVES = [
  ...['Silver', 'Hollow', 'Quiet', 'Burning', 'Paper', 'Northern', 'Electric', 'Broken', 'Velvet', 'Distant', 'Golden'],
  ...['Restless', 'Midnight', 'Salted', 'Crooked', 'Endless', 'Neon', 'Faded', 'Wild', 'Second', 'Frozen', 'Tender'],
];
const NOUNS = [
  ...['Harbour', 'Engine', 'Garden', 'Signal', 'River', 'Window', 'Summer', 'Letter', 'Machine', 'Mirror', 'Ladder'],
  ...['Ocean', 'Station', 'Shadow', 'Carnival', 'Satellite', 'Orchard', 'Thunder', 'Avenue', 'Lantern', 'Echo', 'Tide'],
];
const TAILS = ['', '', '', ' (Live)', ' (Remix)', ', Part II', ' at Dawn', ' in the Rain', ' for Two'];

function word(random: Random): string {
  let text = '';
  for (let syllables = random.int(2, 3); syllables > 0; syllables--) {
    text += random.pick(ONSETS) + random.pick(VOWELS);
  }
  text += random.pick(ENDINGS);
  return text[0]!.toUpperCase() + text.slice(1);
}

export function artistName(random: Random): string {
  const name = word(random);
  if (random.chance(0.3)) return `${name} ${word(random)}`;
  if (random.chance(0.25)) return `The ${name} ${random.pick(COLLECTIVES)}`;
  return name;
}

export function trackTitle(random: Random): string {
  return `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}${random.pick(TAILS)}`;
}
