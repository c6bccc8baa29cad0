/** What a person sees of drawn things: where a colour is on a canvas, and which texts are hard to read. */

type Rgba = [red: number, green: number, blue: number, alpha: number];

const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;

/** Any CSS colour as numbers from 0 to 255. */
export function rgba(color: string): Rgba {
  probe.canvas.width = 1;
  probe.canvas.height = 1;
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data] as Rgba;
}

/** The colours in the middles of m × m cells, row by row, as `r,g,b`. */
export function cellColors(canvas: HTMLCanvasElement, m: number): string[] {
  const context = canvas.getContext('2d')!;
  const middle = (place: number) => Math.floor(((place + 0.5) * canvas.width) / m);
  return Array.from({ length: m * m }, (_, cell) => {
    const { data } = context.getImageData(middle(cell % m), middle(Math.floor(cell / m)), 1, 1);
    return [...data.slice(0, 3)].join(',');
  });
}

/**
 * For each column of a canvas the rows that have this colour, or nearly.
 * @param opacity What is more transparent does not count, 0 to 255.
 */
export function inked(canvas: HTMLCanvasElement, color: string, opacity = 200): number[][] {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
  const wanted = rgba(color);
  const near = (at: number) =>
    data[at + 3]! > opacity &&
    [0, 1, 2].every((channel) => Math.abs(data[at + channel]! - wanted[channel]!) < 24);
  return Array.from({ length: width }, (_, column) =>
    Array.from({ length: height }, (__, row) => row).filter((row) => near(4 * (row * width + column))),
  );
}

/** Of the columns from the first to the last with ink: the runs of columns without, as their lengths. */
export function gaps(columns: readonly number[][]): number[] {
  const first = columns.findIndex((rows) => rows.length > 0);
  const last = columns.findLastIndex((rows) => rows.length > 0);
  const lengths: number[] = [];
  let length = 0;
  for (const rows of columns.slice(first, last + 1)) {
    if (rows.length === 0) length++;
    else if (length > 0) {
      lengths.push(length);
      length = 0;
    }
  }
  return lengths;
}

function luminance(color: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** WCAG's contrast of two opaque colours, 1 to 21. */
export function contrast(a: readonly number[], b: readonly number[]): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function over(top: Rgba, below: Rgba): Rgba {
  const alpha = top[3] / 255;
  const mixed = [0, 1, 2].map((channel) => top[channel]! * alpha + below[channel]! * (1 - alpha));
  return [...mixed, 255] as Rgba;
}

/** The element around, through slots and shadow roots as they are shown. */
function parentOf(element: Element): Element | null {
  const root = element.getRootNode();
  return element.assignedSlot ?? element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

function backgroundOf(element: Element | null): Rgba {
  if (!element) return [255, 255, 255, 255];
  const own = rgba(getComputedStyle(element).backgroundColor);
  return own[3] === 255 ? own : over(own, backgroundOf(parentOf(element)));
}

function isShown(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  const isForReaders = width <= 1 && height <= 1;
  return element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !isForReaders;
}

/** Texts whose contrast with what is behind them is below 4.5, WCAG's AA. What is disabled may be pale. */
export function paleTexts(within: Element): string[] {
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  const pale: string[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent?.trim() ?? '';
    const element = walker.currentNode.parentElement;
    if (text === '' || !element || !isShown(element) || element.closest('[disabled], title, annotation'))
      continue;
    const style = getComputedStyle(element);
    const background = backgroundOf(element);
    const color = over(rgba(element instanceof SVGElement ? style.fill : style.color), background);
    const ratio = contrast(color, background);
    if (ratio < 4.5) pale.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return pale;
}
