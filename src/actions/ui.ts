/** How an action communicates with its user: by notifications in the editor, by lines in a terminal. */

export interface Progress {
  /** A sentence or less: what is being done, or how much of it is done. */
  message: string;
  /** Share that is done, 0 to 1; absent for a stage whose length is not known. */
  share?: number;
}

export interface Task {
  title: string;
  /** Whether the work obeys its signal. */
  cancellable: boolean;
}

export type Work<T> = (report: (progress: Progress) => void, signal: AbortSignal) => Promise<T>;

export interface Ui {
  /** A detailed line, as a process writes it. */
  log(line: string): void;
  /** A sentence that every user should see; it needs no answer. */
  info(text: string): void;
  /**
   * Asks before something starts. A user interface without questions shows both texts as a warning and continues.
   * @param label what the button says
   * @returns whether to continue
   */
  confirm(question: string, detail: string, label: string): Promise<boolean>;
  /** Does work that takes a while and shows how far it is. The signal is aborted when the person cancels it. */
  progress<T>(task: Task, work: Work<T>): Promise<T>;
}
