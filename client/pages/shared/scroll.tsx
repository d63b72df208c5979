/** A part of the page that scrolls by itself, reachable by keyboard. */
import type { ComponentChildren } from 'preact';

export function Scroll({ label, kind = '', children }: { label: string; kind?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys must be able to scroll it
    <section class={`scroll ${kind}`} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
