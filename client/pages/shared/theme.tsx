/** Light and dark: as the system says, or as the reader chose. */
import { Store, useStore } from './store.ts';

const CHOICES = ['auto', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];
const KEY = 'gapless.theme';

const system = matchMedia('(prefers-color-scheme: dark)');
const choice = new Store<Choice>(readChoice());
/** What is to be seen now. */
export const theme = new Store<'light' | 'dark'>('light');

choice.listen(apply);
system.addEventListener('change', apply);
apply();

function apply(): void {
  const chosen = choice.value;
  const effective = chosen === 'auto' ? (system.matches ? 'dark' : 'light') : chosen;
  document.documentElement.dataset.theme = effective;
  theme.update(() => effective);
}

function readChoice(): Choice {
  const kept = localStorage.getItem(KEY) as Choice | null;
  return kept && CHOICES.includes(kept) ? kept : 'auto';
}

export function ThemeChoice() {
  const chosen = useStore(choice);
  const choose = (value: Choice) => {
    localStorage.setItem(KEY, value);
    choice.update(() => value);
  };
  return (
    <label class="choice">
      <span>Theme</span>
      <select value={chosen} onChange={(event) => choose(event.currentTarget.value as Choice)}>
        {CHOICES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
