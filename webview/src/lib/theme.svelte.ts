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
  const highContrast = document.body.classList.contains('vscode-high-contrast');
  return {
    foreground,
    muted: variable('--vscode-descriptionForeground', foreground),
    grid: highContrast
      ? variable('--vscode-contrastBorder', foreground)
      : variable('--vscode-editorIndentGuide-background1', 'rgba(128,128,128,0.2)'),
    background: parseColor(variable('--vscode-editor-background', '#808080')) ?? [128, 128, 128],
    lines: [
      variable('--vscode-charts-blue', '#3794ff'),
      variable('--vscode-charts-orange', '#d18616'),
      variable('--vscode-charts-purple', '#b180d7'),
      variable('--vscode-charts-green', '#89d185'),
    ],
    highContrast,
  };
}

class ThemeState {
  current = $state.raw<Theme>(read());

  constructor() {
    // The editor tells of a new theme by the class of the body and the style of the root element.
    const observer = new MutationObserver(() => {
      this.current = read();
    });
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  }
}

export const theme = new ThemeState();
