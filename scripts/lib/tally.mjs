/** Counts of passed, failed and skipped tests, from vitest's report and from tools that only know yes or no. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} failures One line for each failure.
 * @property {string[]} skips One line for each skipped test.
 */

/** @returns {Tally} */
export function emptyTally() {
  return { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
}

/** A check without its own tests. @returns {Tally} */
export function single(name, passed) {
  const tally = emptyTally();
  if (passed) tally.passed = 1;
  else fail(tally, name);
  return tally;
}

function fail(tally, line) {
  tally.failed += 1;
  tally.failures.push(line);
}

/** Adds `other` to `tally`. */
export function add(tally, other) {
  for (const key of ['passed', 'failed', 'skipped']) tally[key] += other[key];
  tally.failures.push(...other.failures);
  tally.skips.push(...other.skips);
}

/**
 * Reads the report of vitest's JSON reporter. A file that did not load, or a run that failed for another reason
 * than a test, counts as one failure: it must not pass for an empty success.
 * @param {string} part Name of the part, put before each line.
 * @param {string} file The report.
 * @param {number} code Exit code of vitest.
 * @returns {Tally}
 */
export function readReport(part, file, code) {
  const tally = emptyTally();
  const files = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : [];
  for (const { assertionResults, status, message, name } of files) {
    for (const { fullName, status: outcome } of assertionResults) {
      if (outcome === 'passed') tally.passed += 1;
      else if (outcome === 'failed') fail(tally, `${part}: ${fullName}`);
      else {
        tally.skipped += 1;
        tally.skips.push(`${part}: ${fullName}`);
      }
    }
    const loaded = status === 'passed' || assertionResults.some((result) => result.status === 'failed');
    if (!loaded) fail(tally, `${part}: ${name}: ${message.split('\n')[0] || 'could not be run'}`);
  }
  if (code !== 0 && tally.failed === 0) fail(tally, `${part}: vitest ended with exit code ${code}`);
  if (code === 0 && tally.passed + tally.skipped === 0) fail(tally, `${part}: no test was run`);
  return tally;
}

/**
 * Reads pytest's JUnit report, of which only the counts and the names of what failed matter.
 * @param {string} part @param {string} file @param {number} code Exit code of pytest.
 * @returns {Tally}
 */
export function readJunit(part, file, code) {
  const tally = emptyTally();
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  for (const [, attributes, body = ''] of text.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)) {
    const name = `${part}: ${/\bname="([^"]*)"/.exec(attributes)?.[1]}`;
    if (/<(failure|error)\b/.test(body)) fail(tally, name);
    else if (/<skipped\b/.test(body)) {
      tally.skipped += 1;
      tally.skips.push(name);
    } else tally.passed += 1;
  }
  if (code !== 0 && tally.failed === 0) fail(tally, `${part}: pytest ended with exit code ${code}`);
  return tally;
}

/** The line that ends every test run. */
export function finalLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
