/** Show Devices: what each engine can compute on here, and why it cannot on the rest. */
import * as vscode from 'vscode';
import type { ListedDevice } from '../actions/index.js';
import { hostOf } from './editor.js';
import type { Services } from './services.js';

interface DeviceItem extends vscode.QuickPickItem {
  device?: ListedDevice;
}

/** The list is there at once, and fills when GPUs were tested. */
export async function showDevices(services: Services): Promise<void> {
  const { listDevices } = await import('../actions/index.js');
  const pick = vscode.window.createQuickPick<DeviceItem>();
  const again: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('refresh'),
    tooltip: vscode.l10n.t('Test Again'),
  };
  pick.title = vscode.l10n.t('Devices');
  pick.placeholder = vscode.l10n.t('Choose a device to copy what is known of it');
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.buttons = [again];
  const cancel = new AbortController();
  const fill = async (anew: boolean) => {
    pick.busy = true;
    try {
      const found = await listDevices(hostOf(services), anew, cancel.signal);
      pick.items = itemsOf(found);
    } finally {
      pick.busy = false;
    }
  };
  const done = new Promise<void>((resolve, reject) => {
    const attempt = (anew: boolean) => {
      fill(anew).catch((error: unknown) => {
        if (!cancel.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
      });
    };
    pick.onDidTriggerButton(() => attempt(true));
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (!item?.device) return;
      pick.hide();
      void chosen(item.device);
    });
    pick.onDidHide(() => resolve());
    attempt(false);
  });
  pick.show();
  try {
    await done;
  } finally {
    cancel.abort();
    pick.dispose();
  }
}

/** What the torch engine lacks is installed on a page of its own. */
async function chosen(device: ListedDevice): Promise<void> {
  if (device.engine === 'torch') {
    await vscode.commands.executeCommand('g2rl.setUpTorch');
    return;
  }
  await vscode.env.clipboard.writeText(textOf(device));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied {0}', device.name), 5000);
}

const textOf = ({ name, facts, remark, hint }: ListedDevice): string =>
  [[name, ...facts].join(', '), remark, hint].filter(Boolean).join('\n');

function itemsOf(found: readonly ListedDevice[]): DeviceItem[] {
  const titles = {
    embedded: vscode.l10n.t('Embedded engine'),
    torch: vscode.l10n.t('Torch engine'),
  };
  return (['embedded', 'torch'] as const).flatMap((engine) => [
    { label: titles[engine], kind: vscode.QuickPickItemKind.Separator },
    ...found.filter((device) => device.engine === engine).map(itemOf),
  ]);
}

function itemOf(device: ListedDevice): DeviceItem {
  const { kind, name, usable, facts, remark, hint } = device;
  const icon = !usable ? 'circle-slash' : kind === 'processor' ? 'chip' : 'circuit-board';
  const detail = [remark, hint].filter(Boolean).join(' ');
  return {
    label: `$(${icon}) ${name}`,
    description: usable ? facts.join(', ') : vscode.l10n.t('cannot be used'),
    ...(detail !== '' && { detail }),
    device,
  };
}
