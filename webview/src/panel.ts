/** Entry of the live panel: the selected run at a glance, in the sidebar. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import { watchFaults } from './lib/faults.js';
import { send } from './lib/host.js';
import { registerControls } from './lib/toolkit.js';
import Panel from './Panel.svelte';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Panel, { target: document.getElementById('app')! });
