/** The host's answers to what the page that compares runs asks. What they throw, the page shows. */
import * as vscode from 'vscode';
import type { Answers, CompareQuestions } from '../../contract/index.js';
import { writeTable } from '../../export/index.js';
import { saveFile } from '../index.js';
import type { Comparison } from './comparison.js';
import { curveTable } from './curve-table.js';

export const compareAnswers: Answers<CompareQuestions, Comparison> = {
  curves: async (comparison, { from, to, width, singles, ...request }) =>
    comparison.curves(request, { from, to, width, singles }),
  report: (comparison, { baseline }) => comparison.report(baseline),
  scores: (comparison, question) => comparison.scores(question),
  settings: async (comparison) => comparison.settings(),
  problems: (comparison, { benchmark, first, second }) => comparison.problems(benchmark, first, second),
  problem: (comparison, question) => comparison.problem(question),
  geometry: (comparison, { steps }) => comparison.geometry(steps),
  evaluatedGeometry: (comparison, { benchmark }) => comparison.evaluatedGeometry(benchmark),
  saveTable: (_, { name, table, format }) => saveFile(name, format, writeTable(table, format)),
  saveCurves: async (comparison, { name, ...request }) =>
    saveFile(name, 'csv', writeTable(curveTable(await comparison.whole(request), request.axis), 'csv')),
  savePicture: (_, { name, format, data }) => saveFile(name, format, Buffer.from(data, 'base64')),
  openRun: async (_, { directory }) => {
    await vscode.commands.executeCommand('g2rl.openDashboard', directory);
    return true;
  },
};
