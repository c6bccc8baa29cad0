/** Colours of the editor's theme for what is drawn on canvases; changes when the theme does. */
import { type Color, parseColor } from './matrix.js';

export interface Theme {
  foreground: string;
  muted: string;
  grid: string;
  background: Color;
  /** Line colours in the order in which they are taken. */
  lines: string[];
  highContrast: boolean;
}

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  const foreground = variable('--vscode-foreground', '#888888');
  const is = (name: string) => document.body.classList.contains(name);
  const light = is('vscode-light') || is('vscode-high-contrast-light');
  const highContrast = is('vscode-high-contrast') || is('vscode-high-contrast-light');
  return {
    foreground,
    muted: variable('--vscode-descriptionForeground', foreground),
    grid: `color-mix(in srgb, ${foreground} ${highContrast ? 30 : 15}%, transparent)`,
    background: parseColor(variable('--vscode-editor-background', '#808080')) ?? [128, 128, 128],
    lines: [
      variable('--vscode-charts-blue', '#3794ff'),
      // The editor's orange is too pale on white, and half transparent in its dark themes.
      light ? '#b45309' : '#e2953f',
      variable('--vscode-charts-purple', '#b180d7'),
      light ? '#1a7f37' : variable('--vscode-charts-green', '#89d185'),
    ],
    highContrast,
  };
}

class ThemeState {
  current = $state.raw<Theme>(read());

  constructor() {
    // The editor signals a new theme by the class of the body and the style of the root element.
    const observer = new MutationObserver(() => {
      this.current = read();
    });
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  }
}

export const theme = new ThemeState();
