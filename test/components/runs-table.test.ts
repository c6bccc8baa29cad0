/** The table of runs: found, ordered, grouped, selected and changed, with mouse and keyboard, among thousands. */
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Runs from '../../webview/src/Runs.svelte';
import { host } from './fake-host.js';
import { hostileText } from './fixtures.js';
import { paleTexts } from './look.js';
import { render } from './render.svelte.js';
import { tableRow } from './runs-rows.js';
import { setTheme, themeNames } from './themes.js';

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => tableRow(index));
const runs = (width = 960) => render<Record<string, never>>(Runs, {}, width).container;
const grid = () => page.getByTestId('grid').element() as HTMLElement;
const filter = () => page.getByRole('combobox', { name: 'Filter runs' });
/** Names as they are seen, from the top. */
const names = () => {
  const column = [...grid().querySelectorAll('[role=columnheader]')].findIndex(
    ({ ariaLabel }) => ariaLabel === 'Name',
  );
  return [...grid().querySelectorAll<HTMLElement>('.body [role=row]')]
    .sort((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
    .map((row) => row.querySelectorAll('[role=gridcell]')[column]?.textContent?.trim());
};
const headElements = () => [...grid().querySelectorAll<HTMLElement>('[role=columnheader]')];
const heads = () => headElements().map(({ ariaLabel }) => ariaLabel);
const head = (name: string) => headElements().find(({ ariaLabel }) => ariaLabel === name)!;
const selected = () => page.getByTestId('selected');
const active = () =>
  document.getElementById(grid().getAttribute('aria-activedescendant') ?? '')?.textContent?.trim();
const shown = async (count: number) => {
  await host.table(rowsOf(count));
  await expect.element(page.getByTestId('grid')).toBeVisible();
  await expect.poll(() => names().length).toBeGreaterThan(0);
};

test('a variant has the line that it has in comparisons, as soon as its study is known', async () => {
  runs();
  await shown(3);
  const lines = () => [...grid().querySelectorAll('.body [role=gridcell] svg line')];
  expect(lines()).toEqual([]);
  host.tablePlaces({ [tableRow(1).directory]: 1 });
  await expect.poll(() => lines().length).toBe(1);
  expect(lines()[0]!.getAttribute('stroke')).toBe('#e2953f');
  expect(lines()[0]!.getAttribute('stroke-dasharray')).toBe('6 3');
  expect(lines()[0]!.closest('[role=row]')!.textContent).toContain('run 1');
});

test('5,000 runs: painted within a second, a screen of them in the document, to the last one without a gap', async () => {
  runs();
  await shown(5000);
  await expect.poll(() => host.fromTable('painted')).toHaveLength(1);
  const [painted] = host.fromTable('painted');
  expect(painted).toMatchObject({ rows: 5000 });
  expect(painted!.milliseconds).toBeLessThan(1000);
  expect(grid().getAttribute('aria-rowcount')).toBe('5001');
  expect(names()[0]).toBe('run 4999');
  const drawn = () => grid().querySelectorAll('.body [role=row]').length;
  expect(drawn()).toBeLessThan(80);
  for (const share of [0.25, 0.5, 0.9, 1]) {
    grid().scrollTop = share * grid().scrollHeight;
    await expect
      .poll(() => {
        const box = grid().getBoundingClientRect();
        const seen = document.elementFromPoint(box.left + 150, box.bottom - 30)?.closest('[role=row]');
        return seen !== null && seen !== undefined;
      })
      .toBe(true);
    expect(drawn()).toBeLessThan(80);
  }
  await expect.poll(() => names().at(-1)).toBe('run 0');
});

test('a click on a head orders, with Shift by several; the head says so', async () => {
  runs(2600);
  await shown(12);
  await userEvent.click(head('Seed'));
  expect(head('Seed').ariaSort).toBe('ascending');
  await userEvent.keyboard('{Shift>}');
  await userEvent.click(head('Name'));
  await userEvent.keyboard('{/Shift}');
  expect(head('Name').ariaSort).toBe('ascending');
  await expect.poll(names).toEqual([0, 5, 10, 1, 6, 11, 2, 7, 3, 8, 4, 9].map((index) => `run ${index}`));
  await userEvent.click(head('countdown-test pass@1 best'));
  await userEvent.click(head('countdown-test pass@1 best'));
  expect(head('countdown-test pass@1 best').ariaSort).toBe('descending');
  await expect.poll(() => names()[0]).toBe('run 11');
});

test('settings that differ between the shown runs have a column, those that no longer do have none', async () => {
  runs(2600);
  await shown(12);
  expect(heads()).toContain('optimization.learningRate');
  await userEvent.fill(filter(), 'method:grpo');
  await expect.element(page.getByTestId('count')).toMatchTextContent('6 of 12 runs');
  expect(heads()).not.toContain('optimization.learningRate');
});

test('the filter line: words, fields and comparisons, completed with the keyboard', async () => {
  runs();
  await shown(40);
  await userEvent.fill(filter(), 'method:g2rl tag:paper pass@1>0.5');
  await expect.element(page.getByTestId('count')).toMatchTextContent('4 of 40 runs');
  await userEvent.fill(filter(), 'tag:');
  await expect.element(page.getByRole('option', { name: 'tag:paper 10' })).toBeVisible();
  await userEvent.keyboard('{ArrowDown}');
  await expect
    .element(page.getByRole('option', { name: 'tag:paper 10' }))
    .toHaveAttribute('aria-selected', 'true');
  await userEvent.keyboard('{Enter}');
  await expect.element(filter()).toHaveValue('tag:paper ');
  await expect.element(page.getByTestId('count')).toMatchTextContent('10 of 40 runs');
  await userEvent.keyboard('nothing');
  await expect.element(page.getByText('No run fits the filter.')).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await expect.element(page.getByTestId('count')).toMatchTextContent('40 of 40 runs');
});

test('a group says how many runs it has, and mean and deviation of their scores', async () => {
  runs(2600);
  await host.table(
    [
      tableRow(0, {
        scores: { 'x pass@1': { last: 0.5, lastError: null, best: 0.5, bestError: null, bestStep: 1 } },
      }),
      tableRow(2, {
        scores: { 'x pass@1': { last: 0.7, lastError: null, best: 0.7, bestError: null, bestStep: 1 } },
      }),
      tableRow(1, { scores: {} }),
    ],
    { layout: { group: 'method', sorting: [] } },
  );
  const heading = page.getByRole('row', { name: /g2rl \(n = 2\)/ });
  await expect.element(heading).toMatchTextContent(/60\.0 ± 14\.1 %/);
  await expect.element(heading).toHaveAttribute('aria-expanded', 'false');
  await expect.element(page.getByRole('row', { name: /grpo \(n = 1\)/ })).toBeVisible();
  grid().focus();
  await userEvent.keyboard('{ArrowDown}{ArrowRight}');
  await expect.element(heading).toHaveAttribute('aria-expanded', 'true');
  expect(names()).toContain('run 2');
  await userEvent.keyboard(' ');
  await expect.element(selected()).toMatchTextContent('2 selected');
  await userEvent.keyboard('{ArrowLeft}');
  await expect.element(heading).toHaveAttribute('aria-expanded', 'false');
});

test('grouped by the day on which they were created', async () => {
  runs(2600);
  const at = (day: number) => new Date(2026, 0, day, 12).getTime();
  await host.table(
    [
      tableRow(0, { created: at(1) }),
      tableRow(1, { created: at(1) + 60_000 }),
      tableRow(2, { created: at(2) }),
    ],
    {
      layout: { group: 'created', sorting: [{ id: 'created', desc: true }] },
    },
  );
  await expect.element(page.getByRole('row', { name: /2026-01-01 \(n = 2\)/ })).toBeVisible();
  await expect.element(page.getByRole('row', { name: /2026-01-02 \(n = 1\)/ })).toBeVisible();
});

test('state, pin and name stay in view while the others are scrolled sideways, under the keyboard too', async () => {
  runs(900);
  await shown(30);
  const left = (name: string) =>
    head(name).getBoundingClientRect().left - grid().getBoundingClientRect().left;
  const before = ['State', 'Pin', 'Name'].map(left);
  grid().scrollLeft = 700;
  await expect.poll(() => left('Study')).toBeLessThan(0);
  expect(['State', 'Pin', 'Name'].map(left)).toEqual(before);
  const cell = grid().querySelector<HTMLElement>('[data-row="2"][data-column="2"]')!;
  const { left: x, top: y } = cell.getBoundingClientRect();
  expect(document.elementFromPoint(x + 20, y + 8)?.textContent).toContain('run 27');
  grid().focus();
  await userEvent.keyboard('{ArrowDown}{End}{Home}{ArrowRight}{ArrowRight}{ArrowRight}');
  // The cell is not below those that stay.
  await expect.poll(() => left('Study')).toBeGreaterThanOrEqual(before[2]! + head('Name').offsetWidth - 1);
});

test('archived runs are shown with the others on demand, and brought back', async () => {
  runs(900);
  await host.table([tableRow(0), tableRow(1, { archived: true })]);
  await expect.element(page.getByTestId('count')).toMatchTextContent('1 of 2 runs');
  await userEvent.click(page.getByRole('checkbox', { name: 'Show archived' }));
  await expect.poll(() => names().sort()).toEqual(['run 0', 'run 1']);
  await expect.poll(() => host.fromTable('layout').at(-1)?.layout).toMatchObject({ archived: true });
  await userEvent.click(page.getByRole('gridcell', { name: 'run 1', exact: true }));
  await userEvent.click(page.getByRole('button', { name: 'Unarchive' }));
  expect(host.fromTable('command')).toEqual([{ type: 'command', command: 'unarchive', runs: ['/runs/1'] }]);
});

describe('selection', () => {
  test('with the keyboard: moved, ranges, all, none', async () => {
    runs();
    await shown(300);
    await userEvent.tab();
    grid().focus();
    await userEvent.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}');
    await expect.poll(active).toBe('run 299');
    await userEvent.keyboard(' ');
    await expect.element(selected()).toMatchTextContent('1 selected');
    await userEvent.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    await expect.element(selected()).toMatchTextContent('3 selected');
    await userEvent.keyboard('{Control>}{End}{/Control}');
    await expect.poll(() => names().at(-1)).toBe('run 0');
    await userEvent.keyboard('{Control>}a{/Control}');
    await expect.element(selected()).toMatchTextContent('300 selected');
    await userEvent.keyboard('{Escape}');
    await expect.element(selected()).toMatchTextContent('None selected');
    await userEvent.keyboard('{Home}{Control>}{Home}{/Control}{Enter}');
    expect(host.fromTable('command')).toEqual([{ type: 'command', command: 'open', runs: ['/runs/299'] }]);
  });

  test('with the mouse, then what is done with it', async () => {
    runs();
    await shown(20);
    const cell = (name: string) => page.getByRole('gridcell', { name, exact: true });
    await userEvent.click(cell('run 19'));
    await userEvent.keyboard('{Shift>}');
    await userEvent.click(cell('run 17'));
    await userEvent.keyboard('{/Shift}{Control>}');
    await userEvent.click(cell('run 15'));
    await userEvent.keyboard('{/Control}');
    await expect.element(selected()).toMatchTextContent('4 selected');
    for (const name of ['Compare', 'Tags…', 'Pin', 'Archive', 'Resume', 'Delete…', 'Export…']) {
      await userEvent.click(page.getByRole('button', { name, exact: true }));
    }
    const all = [19, 18, 17, 15].map((index) => `/runs/${index}`);
    const sent = host.fromTable('command').map(({ command, runs }) => [command, [...runs].sort()]);
    const sorted = [...all].sort();
    expect(sent).toEqual([
      ['compare', sorted],
      ['tag', sorted],
      ['pin', sorted],
      ['archive', sorted],
      // Of these one has failed.
      ['resume', ['/runs/17']],
      ['delete', sorted],
    ]);
    const [exported] = host.fromTable('export');
    expect(exported?.runs).toEqual(all);
    expect(exported?.table.columns).toContain('countdown-test pass@1 last');
    expect(exported?.table.rows).toHaveLength(4);
    for (const name of ['Notes…', 'Evaluate…']) {
      await userEvent.click(page.getByRole('button', { name, exact: true }));
    }
    expect(
      host
        .fromTable('command')
        .slice(-2)
        .map(({ command, runs }) => [command, [...runs].sort()]),
    ).toEqual([
      ['notes', sorted],
      ['evaluate', sorted],
    ]);
  });
});

test('name, tags and notes are changed in their cells', async () => {
  runs(2600);
  await shown(3);
  grid().focus();
  await userEvent.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}{F2}');
  const name = page.getByRole('textbox', { name: 'Name of run 2' });
  await expect.element(name).toHaveFocus();
  await userEvent.fill(name, hostileText);
  await userEvent.keyboard('{Enter}');
  expect(host.fromTable('edit')).toEqual([
    { type: 'edit', run: '/runs/2', field: 'name', value: hostileText },
  ]);
  expect(document.activeElement).toBe(grid());
  host.tableChanges([tableRow(2, { name: hostileText })]);
  await expect.poll(() => names()[0]).toBe(hostileText);
  expect(grid().querySelector('img, b')).toBeNull();
  await userEvent.dblClick(grid().querySelector('[data-row="1"][data-column="7"]')!);
  await userEvent.keyboard('one, two{Escape}');
  expect(host.fromTable('edit')).toHaveLength(1);
  await userEvent.dblClick(grid().querySelector('[data-row="1"][data-column="7"]')!);
  await userEvent.keyboard('one, two{Enter}');
  expect(host.fromTable('edit').at(-1)).toMatchObject({ field: 'tags', value: 'one, two' });
});

test('notes of the last row are written in view', async () => {
  runs(900);
  await shown(60);
  grid().focus();
  await userEvent.keyboard('{Control>}{End}{/Control}');
  const notes = () => grid().querySelector<HTMLElement>('[data-row="59"][data-column="8"]');
  await expect.poll(() => notes() !== null).toBe(true);
  await userEvent.dblClick(notes()!);
  const written = page.getByRole('textbox', { name: 'Notes of run 0' });
  await expect.element(written).toHaveFocus();
  const bottom = () => written.element().getBoundingClientRect().bottom;
  await expect.poll(bottom).toBeLessThanOrEqual(grid().getBoundingClientRect().bottom);
  await userEvent.keyboard('worth a look{Enter}');
  expect(host.fromTable('edit').at(-1)).toMatchObject({ field: 'notes', value: 'worth a look' });
});

test('rows change while runs train, come and go; a selection stays', async () => {
  runs();
  await shown(5);
  await userEvent.click(page.getByRole('gridcell', { name: 'run 4', exact: true }));
  host.tableChanges([tableRow(4, { state: 'running', step: 7 }), tableRow(9)], ['/runs/0']);
  await expect.poll(names).toEqual(['run 9', 'run 4', 'run 3', 'run 2', 'run 1']);
  await expect
    .element(page.getByRole('row', { name: /running.*run 4/ }))
    .toHaveAttribute('aria-selected', 'true');
  await expect.element(page.getByRole('gridcell', { name: '7 / 40' })).toBeInTheDocument();
  host.tableChanges([tableRow(4, { archived: true })]);
  await expect.poll(names).not.toContain('run 4');
  await userEvent.fill(filter(), 'is:archived');
  await expect.poll(names).toEqual(['run 4']);
});

describe('columns', () => {
  test('are hidden, moved and made wider, and the layout is kept', async () => {
    runs();
    await shown(5);
    await userEvent.click(page.getByRole('button', { name: 'Columns' }));
    await userEvent.click(page.getByRole('checkbox', { name: 'Study' }));
    await userEvent.click(page.getByRole('button', { name: 'Move Name to the left' }));
    await userEvent.keyboard('{Escape}');
    await expect.poll(() => heads().slice(0, 4)).toEqual(['State', 'Name', 'Pin', 'Variant']);
    grid().focus();
    await userEvent.keyboard('{ArrowUp}{Home}');
    await userEvent.keyboard('{Shift>}{ArrowRight}{/Shift}');
    await expect.poll(() => head('State').offsetWidth).toBe(112);
    await userEvent.keyboard('{Alt>}{ArrowRight}{/Alt}');
    await expect.poll(() => heads().slice(0, 2)).toEqual(['Name', 'State']);
    await expect
      .poll(() => host.fromTable('layout').at(-1)?.layout)
      .toMatchObject({
        shown: { study: false },
        widths: { state: 112 },
      });
  });

  test.each([960, 840, 360])('are chosen in view, %i pixels wide', async (width) => {
    await page.viewport(width + 32, 560);
    runs(width);
    await host.table([tableRow(0), tableRow(1, { archived: true })], { layout: { group: 'created' } });
    await expect.element(page.getByTestId('grid')).toBeVisible();
    await userEvent.click(page.getByRole('button', { name: 'Columns' }));
    const { left, right } = page.getByRole('dialog', { name: 'Columns' }).element().getBoundingClientRect();
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(width + 32);
  });

  test('are as they were left', async () => {
    runs();
    await host.table(rowsOf(5), {
      layout: {
        order: ['name', 'seed'],
        shown: { state: false },
        filter: 'seed:3',
        widths: { name: 300 },
        odd: 1,
      },
    });
    await expect.poll(names).toEqual(['run 3']);
    expect(heads().slice(0, 3)).toEqual(['Name', 'Seed', 'Pin']);
    expect(head('Name').offsetWidth).toBe(300);
  });
});

test('in Restricted Mode nothing is changed', async () => {
  runs();
  await host.table(rowsOf(3), { trusted: false });
  await expect.element(page.getByTestId('grid')).toBeVisible();
  grid().focus();
  await userEvent.keyboard('{Control>}a{/Control}{ArrowDown}{ArrowRight}{ArrowRight}{F2}{Delete}');
  for (const name of ['Tags…', 'Pin', 'Archive', 'Delete…']) {
    await expect.element(page.getByRole('button', { name, exact: true })).toBeDisabled();
  }
  expect(host.fromTable('command')).toEqual([]);
  expect(page.getByRole('textbox').elements()).toEqual([]);
});

test.each(themeNames)('readable and accessible in %s', async (theme) => {
  await setTheme(theme);
  const container = runs();
  await host.table(rowsOf(30), { layout: { group: 'method' } });
  await expect.element(page.getByTestId('grid')).toBeVisible();
  grid().focus();
  await userEvent.keyboard('{ArrowDown}{ArrowRight}{ArrowDown} ');
  // Not pointed at: only the editor knows the colour of that.
  (page.getByTestId('columns').element() as HTMLElement).click();
  const { violations } = await axe.run(container, { rules: { region: { enabled: false } } });
  expect(
    violations.map(({ id, nodes }) => [
      id,
      nodes.map(({ html, failureSummary, target }) =>
        [html, failureSummary, JSON.stringify(target)].join('\n'),
      ),
    ]),
  ).toEqual([]);
  expect(paleTexts(container)).toEqual([]);
});
