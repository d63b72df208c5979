import { render } from 'preact';

render(<main>Gapless</main>, document.getElementById('page')!);
