/** Entry of the dashboard. */
import '../shared/base.css';
import '../shared/frame.css';
import './dashboard.css';
import { render } from 'preact';
import { serverUrl } from '../shared/server-url.ts';
import { readToken } from '../shared/token.ts';
import { App } from './app.tsx';
import { Live } from './live.ts';

const live = new Live({ url: serverUrl(), token: readToken });
live.start();
render(<App live={live} />, document.getElementById('page')!);
