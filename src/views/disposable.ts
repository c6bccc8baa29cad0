/** Something that holds a resource until it is disposed. Structurally the same as `vscode.Disposable`. */
export interface Releasable {
  dispose(): unknown;
}

/**
 * Owner of other releasables. What is registered is released with its owner, in reverse order; what is
 * registered after that is released at once, so that an asynchronous start that loses the race against a
 * shutdown leaves nothing behind.
 */
export class Disposable implements Releasable {
  #owned: Releasable[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  register<T extends Releasable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#owned.push(item);
    return item;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const item of this.#owned.reverse()) item.dispose();
    this.#owned = [];
  }
}
