/** Whether a part of the page is on the screen, or nearly. */
import type { Attachment } from 'svelte/attachments';

/** What is this near is prepared before it comes. */
const margin = '300px';

export function whenSeen(tell: (isSeen: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    const observer = new IntersectionObserver(
      (entries) => tell(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: margin },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}
