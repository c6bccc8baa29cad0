/** Entry of the dashboard: everything about one run, in the editor area. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import Dashboard from './Dashboard.svelte';
import { reportErrors } from './lib/host.js';
import { registerControls } from './lib/toolkit.js';

reportErrors();
registerControls();
mount(Dashboard, { target: document.getElementById('app')! });
