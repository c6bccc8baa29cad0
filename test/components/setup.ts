/** Before and after each test: the editor's world around a page, and nothing but silence on the console. */
import { afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import '../../webview/src/styles.css';
import { registerControls } from '../../webview/src/lib/toolkit.js';
import { host } from './fake-host.js';
import { clear } from './render.svelte.js';
import { setTheme } from './themes.js';

const spoken = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
const thrown: string[] = [];
addEventListener('error', ({ message }) => thrown.push(message));
addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason)));

let pointed = false;
addEventListener('pointermove', () => (pointed = true), { capture: true });

beforeAll(() => {
  registerControls();
  // The controls follow the theme from this event on. A page registers them before it; here it is long over.
  dispatchEvent(new Event('load'));
});

beforeEach(async () => {
  for (const spy of spoken) spy.mockClear();
  thrown.length = 0;
  host.reset();
  await setTheme('dark');
});

afterEach(async () => {
  await clear();
  // A pointer that rests where the next part appears would point at it.
  if (pointed) await userEvent.hover(document.documentElement, { position: { x: 0, y: 0 } });
  pointed = false;
  const said = spoken.flatMap(({ mock }) => mock.calls.map((words) => words.map(String).join(' ')));
  expect([...thrown, ...said], 'what the page threw or said on its console').toEqual([]);
});
