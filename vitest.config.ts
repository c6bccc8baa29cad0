import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserPath, softwareGpu } from './scripts/lib/debian.mjs';

export default defineConfig({
  test: {
    projects: [
      {
        // The state of the pages is written in runes.
        plugins: [svelte({ configFile: 'webview/svelte.config.js' })],
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 },
      },
      // The embedded engine's graphs, on a GPU's driver that computes on the processor.
      {
        test: {
          name: 'webgpu',
          include: [
            'test/webgpu/*.test.ts',
            'test/unit/engines/embedded/{differentiation,lora,parity,rollout}.test.ts',
          ],
          env: { ...softwareGpu(), G2RL_TEST_DEVICE: 'webgpu' },
          setupFiles: ['test/webgpu/need-driver.ts', 'test/webgpu/keep-device.ts'],
          testTimeout: 300_000,
          // One process, whose device keeps what the driver has compiled.
          isolate: false,
          fileParallelism: false,
        },
      },
      // The parts of the webviews, in the browser that the workbench runs in.
      {
        plugins: [svelte({ configFile: 'webview/svelte.config.js' })],
        // Named, since a library that Vite finds while tests run makes it load the page again.
        optimizeDeps: {
          include: [
            '@tanstack/table-core',
            '@tanstack/virtual-core',
            '@vscode/l10n',
            '@vscode/webview-ui-toolkit',
            'axe-core',
            'katex',
            'svelte',
            'svelte/reactivity/window',
            'uplot',
            'zod',
          ],
        },
        test: {
          name: 'components',
          include: ['test/components/**/*.test.ts'],
          setupFiles: ['test/components/setup.ts'],
          testTimeout: 20_000,
          expect: { poll: { timeout: 5000 } },
          browser: {
            enabled: true,
            headless: true,
            provider: playwright({ launchOptions: { executablePath: browserPath() ?? '/usr/bin/chromium' } }),
            instances: [{ browser: 'chromium' }],
            viewport: { width: 1000, height: 800 },
            screenshotFailures: false,
          },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Each file starts its own processes, which use one core, at times two.
          maxWorkers: 2,
        },
      },
      // The packaged extension, then the same in real VS Code. `npm run workbench` prepares what they need.
      { test: { name: 'package', include: ['test/package/**/*.test.ts'] } },
      {
        test: {
          name: 'workbench',
          include: ['test/workbench/**/*.test.ts'],
          globalSetup: ['test/workbench/install-once.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
