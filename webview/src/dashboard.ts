/** Entry of the dashboard: everything about one run, in the editor area. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import Dashboard from './Dashboard.svelte';
import { watchFaults } from './lib/faults.js';
import { send } from './lib/host.js';
import { registerControls } from './lib/toolkit.js';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Dashboard, { target: document.getElementById('app')! });
