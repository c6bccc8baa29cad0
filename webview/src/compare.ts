/** Entry of the page that compares runs. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import Compare from './Compare.svelte';
import { send } from './lib/compare.svelte.js';
import { watchFaults } from './lib/faults.js';
import { registerControls } from './lib/toolkit.js';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Compare, { target: document.getElementById('app')! });
