/** One line of a list of bars (`<ul class="bars">`). */

/** `part`: how much of it, from 0 to 1. */
export function Bar({ name, part, text }: { name: string; part: number; text: string }) {
  const width = `${Math.min(100, Math.max(0, part * 100)).toFixed(1)}%`;
  return (
    <li>
      <span>{name}</span>
      <span class="bar" aria-hidden="true">
        <span style={{ width }} class={part >= 0.8 ? 'high' : ''} />
      </span>
      <b>{text}</b>
    </li>
  );
}
