/** A box with a title. */
import type { ComponentChildren } from 'preact';

export interface PanelProps {
  id: string;
  title: string;
  /** Beside the title, in smaller letters. */
  note?: ComponentChildren;
  /** At the other end of that line. */
  end?: ComponentChildren;
  children: ComponentChildren;
}

export function Panel({ id, title, note, end, children }: PanelProps) {
  return (
    <section class={`panel ${id}`} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {note !== undefined && <p class="note">{note}</p>}
        {end !== undefined && <p class="note end">{end}</p>}
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing to show, and what to do about it. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
