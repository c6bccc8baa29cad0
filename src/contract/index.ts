/** The contract between the extension host and its pages: messages, questions, the checks of what a page sends, errors as a page shows them. */
export { errorText, faultReport } from '../errors.js';
export { type Answers, type Asked, Asker, anotherRun, failureOf, replyTo } from './channel.js';
export { parseCompareMessage } from './compare-guard.js';
export {
  type AnsweredProblem,
  type BandKind,
  bandKinds,
  type Compared,
  type ComparedRun,
  type ComparedScores,
  type CompareHostMessage,
  type ComparePageMessage,
  type CompareQuestions,
  type CompareReport,
  type CompareState,
  type CurveAxis,
  type CurveChoice,
  type Curves,
  curveAxes,
  type EvaluatedGeometry,
  type ProblemPair,
  type SettingRow,
  type SharedProblem,
  type SharedProblems,
  type SolvedBy,
  type VariantCurve,
  type VariantGeometry,
} from './compare-messages.js';
export {
  type JudgedPair,
  type JudgeHostMessage,
  type JudgePageMessage,
  type JudgeQuestions,
  judgedKinds,
  longestTried,
  parseJudgeMessage,
  parsePair,
  type TriedVerdict,
} from './judge-messages.js';
export { parseWebviewMessage } from './message-guard.js';
export {
  beatMilliseconds,
  type DashboardPlace,
  type HostMessage,
  MESSAGE_PROTOCOL,
  type PageCommand,
  type SavedState,
  type SeriesFacts,
  type WebviewMessage,
} from './messages.js';
export type { AuditOfStep, KeptGeometry, PromptList, Questions, SavedTable } from './questions.js';
export { parseSetupMessage, type SetupHostMessage, type SetupPageMessage } from './setup-messages.js';
export {
  type EditableField,
  parseTableMessage,
  type ShownTable,
  type TableCommand,
  type TableHostMessage,
  type TablePageMessage,
  type TableRow,
} from './table-messages.js';
