/** Explanations at the pointer and at the keyboard's focus, read out with what they explain. */
import type { Attachment } from 'svelte/attachments';

/** How long the pointer rests before the explanation comes, and how long it may leave, in milliseconds. */
const delays = { show: 400, hide: 150 };

let count = 0;

/** Shows `text` at an element: over it while it is pointed at or focused by keyboard, until Escape. */
export function tip(text: string): Attachment<HTMLElement> {
  return (anchor) => {
    if (text === '') return;
    // Read out also where nothing is shown: a reader's own cursor is neither pointer nor focus.
    anchor.setAttribute('aria-description', text);
    let shown: HTMLElement | null = null;
    let timer = 0;
    const hide = () => {
      clearTimeout(timer);
      shown?.remove();
      shown = null;
      anchor.removeAttribute('aria-describedby');
    };
    const show = () => {
      clearTimeout(timer);
      shown ??= create(anchor, text);
      // The pointer may go over to the text, to read or to enlarge it.
      shown.onpointerenter = () => clearTimeout(timer);
      shown.onpointerleave = hide;
    };
    const soon = (action: () => void, milliseconds: number) => {
      clearTimeout(timer);
      timer = window.setTimeout(action, milliseconds);
    };
    const listeners: Record<string, (event: Event) => void> = {
      pointerenter: () => soon(show, delays.show),
      pointerleave: () => soon(hide, delays.hide),
      focusin: (event) => {
        if (event.target instanceof Element && event.target.matches(':focus-visible')) show();
      },
      focusout: hide,
      click: show,
      keydown: (event) => {
        if (!shown || !(event instanceof KeyboardEvent) || event.key !== 'Escape') return;
        hide();
      },
    };
    for (const [name, listener] of Object.entries(listeners)) anchor.addEventListener(name, listener);
    addEventListener('scroll', hide, { capture: true, passive: true });
    return () => {
      hide();
      anchor.removeAttribute('aria-description');
      removeEventListener('scroll', hide, { capture: true });
      for (const [name, listener] of Object.entries(listeners)) anchor.removeEventListener(name, listener);
    };
  };
}

function create(anchor: HTMLElement, text: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'tip';
  element.role = 'tooltip';
  element.id = `tip-${++count}`;
  element.textContent = text;
  document.body.append(element);
  anchor.setAttribute('aria-describedby', element.id);
  const { left, top, bottom } = anchor.getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const below = bottom + 4 + height <= innerHeight;
  element.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
  element.style.top = `${below ? bottom + 4 : Math.max(4, top - height - 4)}px`;
  return element;
}
