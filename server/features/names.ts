/** Records of artists and genres by name. Names come from the catalogue and may be longer than a key allows. */
import { createHash } from 'node:crypto';

const ARTIST = 'artist\0';
const GENRE = 'genre\0';

/** A name of this many UTF-16 units fits into every key, whatever it is written in. */
const NAME_MAX = 128;

/** The name, or a hash in its place where it is too long. */
export function nameKey(name: string): string {
  if (name.length <= NAME_MAX) return name;
  return `~${createHash('sha256').update(name).digest('base64url')}`;
}

/** Fields of a user's group. */
export function artistField(name: string): string {
  return ARTIST + nameKey(name);
}

export function genreField(name: string): string {
  return GENRE + nameKey(name);
}

export function isNameField(field: string): boolean {
  return field.startsWith(ARTIST) || field.startsWith(GENRE);
}
