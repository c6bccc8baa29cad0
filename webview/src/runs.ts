/** Entry of the table of runs. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import { watchFaults } from './lib/faults.js';
import { registerControls } from './lib/toolkit.js';
import Runs from './Runs.svelte';
import { send } from './table/state.svelte.js';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Runs, { target: document.getElementById('app')! });
