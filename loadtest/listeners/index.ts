/** Synthetic listeners: the door of this folder. */
export { Catalogue, catalogueCsv, makeCatalogue, type Track } from './catalogue.ts';
export { DEFAULT_START_MS, type ListenerOptions, listeners } from './listeners.ts';
export type { SyntheticEvent } from './session.ts';
