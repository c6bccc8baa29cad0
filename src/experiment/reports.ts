/** How a check reports what it finds. */
import type { FieldPath } from './field-path.js';
import type { QuickFix } from './fixes.js';

/** Says what is wrong with a field, what to do about it, and which changes of the file do it. */
export type CheckReport = (path: FieldPath, message: string, hint: string, ...fixes: QuickFix[]) => void;

export interface CheckReports {
  error: CheckReport;
  warn: CheckReport;
  /** A setting that does nothing. */
  unused: CheckReport;
}
