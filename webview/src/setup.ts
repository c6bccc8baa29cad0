/** Entry of the setup page: what the torch engine has and what is missing on this machine. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import { watchFaults } from './lib/faults.js';
import { send } from './lib/setup.svelte.js';
import { registerControls } from './lib/toolkit.js';
import Setup from './Setup.svelte';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Setup, { target: document.getElementById('app')! });
