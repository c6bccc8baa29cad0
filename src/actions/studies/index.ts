/** Studies: what the editor and the terminal do to them. Apart from the other actions, which load no statistics. */
export {
  estimateText,
  type NewStudy,
  planStudy,
  planText,
  readNewStudy,
} from './plan-study.js';
export { startStudyRunner } from './start-study.js';
