/** Errors that nothing in a page has caught. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { watchFaults } from '../../webview/src/lib/faults.js';

const reported: string[] = [];
/** The page's own events would fail the test. */
const events = new EventTarget();
beforeAll(() => watchFaults((message) => reported.push(message), events as unknown as Window));
afterEach(() => {
  reported.length = 0;
  document.querySelector('.fault')?.remove();
});

const fail = (message: string) => events.dispatchEvent(new ErrorEvent('error', { message }));

test('an error that nothing caught is shown in the page, as a fault of the program, and reported', async () => {
  fail('Uncaught TypeError: x is not a function <img src=x>');
  const notice = page.getByRole('alert');
  await expect
    .element(notice)
    .toMatchTextContent(/^This is a fault of G2RL Lab: TypeError: x is not a function <img/);
  await expect.element(notice).toMatchTextContent(/Report it with this text/);
  expect(document.querySelector('.fault img')).toBeNull();
  expect(reported).toEqual(['Uncaught TypeError: x is not a function <img src=x>']);
  // The newest one takes its place.
  events.dispatchEvent(
    new PromiseRejectionEvent('unhandledrejection', {
      promise: Promise.resolve(),
      reason: new Error('no answer'),
    }),
  );
  await expect.element(notice).toMatchTextContent(/^This is a fault of G2RL Lab: no answer/);
  expect(document.querySelectorAll('.fault')).toHaveLength(1);
});

test('what browsers only call an error is none', () => {
  fail('ResizeObserver loop completed with undelivered notifications.');
  expect(reported).toEqual([]);
  expect(document.querySelector('.fault')).toBeNull();
});
