/** Entry of the judge's playground. */
import './lib/l10n.js';
import './styles.css';
import { mount } from 'svelte';
import Judge from './Judge.svelte';
import { watchFaults } from './lib/faults.js';
import { send } from './lib/judge.svelte.js';
import { registerControls } from './lib/toolkit.js';

watchFaults((message) => send({ type: 'error', message }));
registerControls();
mount(Judge, { target: document.getElementById('app')! });
