/** Puts a part on the page; the page is empty again before the next test. */
import { type Component, flushSync, mount, unmount } from 'svelte';

export interface Rendered<Props> {
  container: HTMLElement;
  /** Gives the part other properties, as its parent would. */
  set(changed: Partial<Props>): void;
}

const shown: (() => Promise<void>)[] = [];

/** @param width Of the place that the part gets, in CSS pixels. @param height As high as the part where not given. */
export function render<Props extends Record<string, unknown>>(
  part: Component<Props>,
  props: Props,
  width = 600,
  height?: number,
): Rendered<Props> {
  const container = document.createElement('div');
  container.style.width = `${width}px`;
  if (height !== undefined) container.style.height = `${height}px`;
  document.body.append(container);
  // Raw: long lists are not to be wrapped item by item.
  let current = $state.raw(props);
  const live = new Proxy(props, { get: (_, name) => Reflect.get(current, name) });
  const mounted = mount(part, { target: container, props: live });
  flushSync();
  shown.push(async () => {
    await unmount(mounted);
    container.remove();
  });
  return {
    container,
    set(changed) {
      current = { ...current, ...changed };
      flushSync();
    },
  };
}

export async function clear(): Promise<void> {
  for (const remove of shown.splice(0)) await remove();
}
