/** The process in which extensions run, as a crash of it is simulated. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CodeServer } from './server.js';
import { until } from './until.js';

/** Ends the extension host of this server's window, which then starts another one. */
export async function killExtensionHost({ logs }: CodeServer): Promise<void> {
  const home = resolve(logs, '../..');
  const pid = await until('the extension host', async () => {
    for (const name of await readdir('/proc')) {
      if (/^\d+$/.test(name) && (await isHost(name, home))) return Number(name);
    }
    return null;
  });
  process.kill(pid, 'SIGKILL');
}

/** Several servers may run on this machine: the environment tells whose a process is. */
async function isHost(pid: string, home: string): Promise<boolean> {
  try {
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(join('/proc', pid, file), 'utf8')),
    );
    return (
      command!.includes('--type=extensionHost') &&
      environment!.includes(`XDG_DATA_HOME=${join(home, 'share')}`)
    );
  } catch {
    // It ended meanwhile, or belongs to someone else.
    return false;
  }
}
