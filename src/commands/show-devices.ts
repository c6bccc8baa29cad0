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
  // A test takes seconds: a look elsewhere must not end it.
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.buttons = [again];
  const cancel = new AbortController();
  const fill = async (anew: boolean) => {
    pick.busy = true;
    pick.placeholder = vscode.l10n.t('Testing what can compute here…');
    try {
      const found = await listDevices(hostOf(services), anew, cancel.signal);
      pick.items = itemsOf(found);
    } finally {
      pick.busy = false;
      pick.placeholder = vscode.l10n.t('Choose a device to see all that is known of it');
    }
  };
  const choice = new Promise<ListedDevice | null>((resolve, reject) => {
    const attempt = (anew: boolean) => {
      fill(anew).catch((error: unknown) => {
        if (!cancel.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
      });
    };
    pick.onDidTriggerButton(() => attempt(true));
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item?.device) resolve(item.device);
    });
    pick.onDidHide(() => resolve(null));
    attempt(false);
  });
  pick.show();
  let device: ListedDevice | null;
  try {
    device = await choice;
  } finally {
    cancel.abort();
    pick.dispose();
  }
  if (device) await showDevice(device);
}

/** What the torch engine lacks is installed on a page of its own. */
async function showDevice(device: ListedDevice): Promise<void> {
  if (device.engine === 'torch') {
    await vscode.commands.executeCommand('g2rl.setUpTorch');
    return;
  }
  const copy = vscode.l10n.t('Copy');
  const text = textOf(device);
  const answer = await vscode.window.showInformationMessage(text, copy);
  if (answer === copy) await vscode.env.clipboard.writeText(text);
}

/** The list has one line for each, and cuts what is longer. */
function textOf({ name, facts, remark, hint }: ListedDevice): string {
  const known = [name, ...facts].join(', ');
  const more = [remark, hint].filter(Boolean).join(' ');
  return more === '' ? known : `${known}: ${more}`;
}

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
