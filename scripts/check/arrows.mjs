/**
 * Which room of src may import which, for dependency-cruiser: an arrow that is not in the table fails the check, and so
 * does a circle of files or of folders, an import past a room's door (`index.ts`), and `vscode` or Node where they do
 * not belong. CONTRIBUTING.md says what lives in each room.
 */

/** What anybody may import. */
const ground = ['errors.ts', 'random.ts'];
/** The run on disk, for whoever reads runs. */
const readsRuns = ['runs/metrics', 'runs/protocol', 'runs/facts', 'runs/read'];

const arrows = {
  'extension.ts': ['commands', 'views'],
  commands: [
    'actions',
    'actions/slurm',
    'views',
    'views/setup',
    'contract',
    'engines/torch/environment',
    'experiment',
    'benchmarks',
    ...readsRuns,
  ],
  cli: [
    'actions',
    'export',
    'reports',
    'studies/plan',
    'studies/folder',
    'studies/control',
    'studies/report',
    'statistics',
    'engines/torch/plan',
    'actions/slurm',
    'actions/results',
    'engines/checks',
    'engines/torch/environment',
    'experiment',
    'tasks',
    'answers',
    'g2rl',
    'runs/control',
    ...readsRuns,
  ],
  actions: ['engines/torch/plan', 'engines/torch/environment', 'experiment', 'runs/control', ...readsRuns],
  'actions/slurm': [
    'actions',
    'engines/torch/plan',
    'engines/torch/run',
    'benchmarks',
    'experiment',
    'runs/control',
    'runs/protocol',
  ],
  'actions/results': [
    'benchmarks',
    'benchmarks/results',
    'tasks',
    'runs/write',
    'runs/facts',
    'runs/protocol',
  ],
  views: ['contract', 'engines/checks', 'engines/torch/environment', 'experiment', ...readsRuns],
  'views/setup': ['views', 'contract', 'engines/torch/environment', 'runs/facts'],
  contract: ['engines/torch/environment', 'runs/metrics', 'runs/protocol', 'runs/facts'],
  trainer: [
    'engines/contract',
    'engines/embedded',
    'engines/torch/run',
    'runs/protocol',
    'runs/facts',
    'runs/write',
    'runs/read',
  ],
  'engines/checks': ['engines/torch/plan', 'experiment'],
  'engines/contract': ['experiment', 'runs/protocol'],
  'engines/embedded': [
    'engines/contract',
    'engines/embedded/graph',
    'engines/embedded/model',
    'experiment',
    'benchmarks',
    'tasks',
    'g2rl',
    'runs/metrics',
    'runs/protocol',
    'runs/write',
  ],
  'engines/embedded/graph': [],
  'engines/embedded/model': ['engines/embedded/graph', 'tasks', 'runs/protocol'],
  'engines/torch/environment': ['experiment'],
  'engines/torch/plan': ['engines/torch/environment', 'experiment'],
  'engines/torch/run': ['engines/contract', 'experiment', 'benchmarks', 'runs/protocol', 'runs/write'],
  'runs/control': ['experiment', 'runs/write', ...readsRuns],
  'runs/read': ['runs/metrics', 'runs/protocol', 'runs/facts'],
  'runs/write': ['runs/metrics', 'runs/protocol', 'runs/facts', 'runs/read'],
  'runs/facts': ['runs/metrics', 'runs/protocol'],
  'runs/protocol': ['runs/metrics', 'experiment'],
  'runs/metrics': [],
  'benchmarks/results': ['benchmarks', 'tasks', 'runs/protocol'],
  benchmarks: ['tasks', 'answers'],
  tasks: ['answers', 'runs/protocol'],
  answers: [],
  g2rl: [],
  statistics: [],
  series: [],
  reports: [
    'export',
    'studies/folder',
    'studies/plan',
    'studies/report',
    'statistics',
    'runs/metrics',
    'runs/facts',
    'runs/protocol',
    'runs/read',
  ],
  export: ['runs/metrics', 'runs/protocol', 'runs/read'],
  'studies/plan': ['experiment'],
  'studies/folder': ['studies/plan', 'runs/protocol', 'runs/read'],
  'studies/control': ['studies/folder', 'studies/plan', 'runs/control', 'runs/write', 'runs/protocol'],
  'studies/runner': [
    'studies/folder',
    'studies/plan',
    'engines/checks',
    'engines/torch/plan',
    'engines/torch/environment',
    'experiment',
    'runs/control',
    'runs/write',
    'runs/read',
    'runs/protocol',
  ],
  'studies/report': [
    'studies/folder',
    'studies/plan',
    'statistics',
    'export',
    'tasks',
    'runs/read',
    'runs/protocol',
  ],
  experiment: [],
};

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const filesOf = (room) => (room.endsWith('.ts') ? `^src/${escaped(room)}$` : `^src/${escaped(room)}/[^/]+$`);

const arrowRules = Object.entries(arrows).map(([room, targets]) => ({
  name: `${room} → what it may import`,
  severity: 'error',
  from: { path: filesOf(room) },
  to: { path: '^src/', pathNot: [room, ...targets, ...ground].map(filesOf) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...arrowRules,
    {
      name: 'every room is in the table',
      severity: 'error',
      from: { path: '^src/', pathNot: [...Object.keys(arrows), ...ground].map(filesOf) },
      to: {},
    },
    { name: 'no circle of files', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no circle of folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    {
      name: 'other rooms are entered by their door',
      severity: 'error',
      from: { path: '^((?:src|webview)/.*)/[^/]+$' },
      to: { path: '^src/.+/', pathNot: ['^$1/[^/]+$', '/index\\.ts$'] },
    },
    {
      name: 'webview → message contract and facts; of the rest only types',
      severity: 'error',
      from: { path: '^webview/' },
      to: {
        path: '^src/',
        pathNot: ['contract', 'runs/metrics', 'runs/facts'].map(filesOf),
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'vscode at the edge only',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/extension\\.ts$', '^src/(commands|views)/'] },
      to: { path: '^vscode$' },
    },
    {
      name: 'no Node in pure rooms',
      severity: 'error',
      from: { path: '^src/(runs/facts|runs/metrics|g2rl|statistics|series|answers|contract)/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.css$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.svelte', '.json'],
      conditionNames: ['import', 'node', 'types'],
    },
    builtInModules: { add: [] },
  },
};
