/** Errors that nothing in a page has caught: reported to the host's log, and shown in the page, which may be stale then. */
import { faultReport } from '../../../src/contract/index.js';

/** What browsers report as an error although nothing is wrong: a size was watched that changed again at once. */
const harmless = /^(Uncaught )?(Error: )?ResizeObserver loop/;

/**
 * @param report to the host
 * @param page what reports them
 */
export function watchFaults(
  report: (message: string) => void,
  page: Pick<Window, 'addEventListener'> = window,
): void {
  const take = (reason: string) => {
    if (harmless.test(reason)) return;
    report(reason);
    showFault(reason.replace(/^Uncaught /, ''));
  };
  page.addEventListener('error', ({ message }) => take(message));
  page.addEventListener('unhandledrejection', ({ reason }) => {
    take(reason instanceof Error ? reason.message : String(reason));
  });
}

/** One notice, of the newest error. It stands outside of what may have failed. */
function showFault(reason: string): void {
  const notice =
    document.querySelector('.fault') ?? document.body.insertBefore(newNotice(), document.body.firstChild);
  const { message, hint } = faultReport(reason);
  notice.textContent = `${message} ${hint}`;
}

function newNotice(): HTMLElement {
  const notice = document.createElement('p');
  notice.className = 'notice failed fault';
  notice.setAttribute('role', 'alert');
  return notice;
}
