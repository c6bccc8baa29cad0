/** Scrolls a part of the page with its own scroll bar to what a judge has read in it. */
import type { Attachment } from 'svelte/attachments';

/** @param _shown what is shown: the place is looked for again when it changes */
export function inSight(_shown: unknown): Attachment<HTMLElement> {
  return (box) => {
    const mark = box.querySelector('.read');
    if (!mark) return;
    const [outer, inner] = [box.getBoundingClientRect(), mark.getBoundingClientRect()];
    if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
    box.scrollTop += inner.top - outer.top - outer.height / 3;
  };
}
