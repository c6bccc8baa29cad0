import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Setup from '../../webview/src/Setup.svelte';
import { host } from './fake-host.js';
import { hostileText, setupReport } from './fixtures.js';
import { render } from './render.svelte.js';

const setup = () => render<Record<string, never>>(Setup, {}, 960).container;
const noGpus = { gpus: [], driver: null, problem: null, visible: null };
const problem = {
  severity: 'error' as const,
  message: 'torch is missing',
  hint: 'Install it.',
  installs: true,
};
const incomplete = {
  packages: [{ name: 'torch', specifier: '>=2.7', installed: null, fits: false }],
  problems: [problem],
  usable: false,
  cuda: false,
  installs: true,
};

test('looking, then what there is: a GPU that is ready', async () => {
  setup();
  await expect.element(page.getByText('Checking this machine…')).toBeVisible();
  await host.environment(setupReport());
  await expect.element(page.getByRole('status')).toMatchTextContent('Ready, on the GPU');
  await expect.element(page.getByRole('row', { name: 'torch >=2.7 2.9.0 ✓ fits' })).toBeVisible();
  await expect
    .element(page.getByRole('row', { name: /^GPU 0 NVIDIA H100, 80 GiB, 60 GiB free/ }))
    .toBeVisible();
  await expect.element(page.getByRole('progressbar', { name: 'Memory in use' })).toBeVisible();
  await expect.element(page.getByRole('button', { name: /^Install/ })).not.toBeInTheDocument();
  await userEvent.click(page.getByRole('button', { name: 'Check Again' }));
  await userEvent.click(page.getByRole('button', { name: 'Choose Interpreter…' }));
  expect(host.commands).toEqual(['check', 'choose']);
});

test('what is missing, what to do about it, and the installation with its lines', async () => {
  const container = setup();
  await host.environment(setupReport({ ...incomplete, gpus: noGpus }));
  await expect.element(page.getByRole('status')).toMatchTextContent('Not ready');
  await expect.element(page.getByText('1 missing or of the wrong version')).toBeVisible();
  await expect.element(page.getByTestId('problem')).toMatchTextContent(/torch is missing\s*Install it\./);
  await expect.element(page.getByTestId('without-gpu')).toMatchTextContent(/"engine": "embedded"/);
  await expect.element(page.getByTestId('size')).toMatchTextContent(/^Downloads about 3 GB .* minutes/);
  await expect.element(page.getByTestId('install')).toHaveAttribute('appearance', 'secondary');
  await userEvent.click(page.getByRole('checkbox', { name: /^Without CUDA/ }));
  await expect.element(page.getByTestId('size')).toMatchTextContent(/^Downloads about 0\.4 GB/);
  await userEvent.click(page.getByRole('button', { name: 'Install What Is Missing' }));
  expect(host.commands).toEqual(['install']);
  expect(host.installsForProcessor).toBe(true);
  const lines = Array.from({ length: 300 }, (_, line) => `Collecting package-${line}`);
  host.installing(true, lines);
  const log = () => container.querySelector('.log');
  await expect.element(page.getByText(/Collecting package-299$/)).toBeVisible();
  // The newest line is the one to see.
  await expect.poll(() => log()!.scrollHeight - log()!.scrollTop - log()!.clientHeight).toBeLessThan(2);
  await userEvent.click(page.getByRole('button', { name: 'Cancel' }));
  expect(host.commands).toEqual(['install', 'cancel']);
  host.installing(false, lines);
  host.installationFailed(`pip failed ${hostileText}`, 'Look at the lines below.');
  await expect.element(page.getByRole('alert')).toMatchTextContent(`pip failed ${hostileText}`);
  await expect.element(page.getByRole('alert')).toMatchTextContent('Look at the lines below.');
  expect(container.querySelector('img, [role=alert] b')).toBeNull();
});

test('where there are GPUs, CUDA is installed without being asked', async () => {
  setup();
  await host.environment(setupReport(incomplete));
  await expect.element(page.getByRole('checkbox')).not.toBeInTheDocument();
  await expect.element(page.getByTestId('without-gpu')).not.toBeInTheDocument();
  await expect.element(page.getByTestId('size')).toMatchTextContent(/^Downloads about 3 GB/);
  await expect.element(page.getByTestId('install')).toHaveAttribute('appearance', 'primary');
  await userEvent.click(page.getByRole('button', { name: 'Install What Is Missing' }));
  expect(host.installsForProcessor).toBe(false);
});

test('in Restricted Mode nothing is looked at or offered', async () => {
  setup();
  await host.environment(null, false);
  await expect.element(page.getByText(/^This workspace is in Restricted Mode/)).toBeVisible();
  await expect.element(page.getByRole('button')).not.toBeInTheDocument();
});
