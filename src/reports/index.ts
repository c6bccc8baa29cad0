/** Reports that are one file: what was found in a study or in runs, to send and to open anywhere. */
export { runsDocument, studyDocument } from './build.js';
export { renderHtml } from './html.js';
