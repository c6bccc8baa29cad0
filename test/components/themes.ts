/** The editor's themes as a webview gets them: a class on the body and variables on the root element. */
import { flushSync } from 'svelte';

interface Colors {
  class: string;
  foreground: string;
  descriptionForeground: string;
  'icon-foreground': string;
  errorForeground: string;
  focusBorder: string;
  contrastBorder?: string;
  contrastActiveBorder?: string;
  'editor-background': string;
  'editor-foreground': string;
  'panel-border': string;
  'panelTitle-activeForeground': string;
  'panelTitle-activeBorder': string;
  'button-background': string;
  'button-foreground': string;
  'button-hoverBackground': string;
  'button-border'?: string;
  'button-secondaryBackground': string;
  'button-secondaryForeground': string;
  'input-background': string;
  'input-foreground': string;
  'input-placeholderForeground': string;
  'inputValidation-errorBackground': string;
  'inputValidation-errorBorder': string;
  'inputValidation-warningBackground': string;
  'inputValidation-warningBorder': string;
  'dropdown-background': string;
  'dropdown-foreground': string;
  'dropdown-border': string;
  'list-hoverBackground'?: string;
  'list-activeSelectionBackground'?: string;
  'list-activeSelectionForeground'?: string;
  'textLink-foreground': string;
  'textCodeBlock-background': string;
  'charts-blue': string;
  'charts-purple': string;
  'charts-green': string;
  'testing-iconPassed': string;
  'testing-iconFailed': string;
}

/** Those that the editor comes with: Dark Modern, Light Modern and the two of high contrast. */
export const themes = {
  dark: {
    class: 'vscode-dark',
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    'icon-foreground': '#cccccc',
    errorForeground: '#f85149',
    focusBorder: '#0078d4',
    'editor-background': '#1f1f1f',
    'editor-foreground': '#cccccc',
    'panel-border': '#2b2b2b',
    'panelTitle-activeForeground': '#cccccc',
    'panelTitle-activeBorder': '#0078d4',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#026ec1',
    'button-border': '#ffffff12',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
    'input-background': '#313131',
    'input-foreground': '#cccccc',
    'input-placeholderForeground': '#989898',
    'inputValidation-errorBackground': '#5a1d1d',
    'inputValidation-errorBorder': '#be1100',
    'inputValidation-warningBackground': '#352a05',
    'inputValidation-warningBorder': '#b89500',
    'dropdown-background': '#313131',
    'dropdown-foreground': '#cccccc',
    'dropdown-border': '#3c3c3c',
    'list-hoverBackground': '#2a2d2e',
    'list-activeSelectionBackground': '#04395e',
    'list-activeSelectionForeground': '#ffffff',
    'textLink-foreground': '#4daafc',
    'textCodeBlock-background': '#2b2b2b',
    'charts-blue': '#59a4f9',
    'charts-purple': '#b180d7',
    'charts-green': '#89d185',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
  },
  light: {
    class: 'vscode-light',
    foreground: '#3b3b3b',
    descriptionForeground: '#3b3b3b',
    'icon-foreground': '#3b3b3b',
    errorForeground: '#f85149',
    focusBorder: '#005fb8',
    'editor-background': '#ffffff',
    'editor-foreground': '#3b3b3b',
    'panel-border': '#e5e5e5',
    'panelTitle-activeForeground': '#3b3b3b',
    'panelTitle-activeBorder': '#005fb8',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0258a8',
    'button-border': '#0000001a',
    'button-secondaryBackground': '#e5e5e5',
    'button-secondaryForeground': '#3b3b3b',
    'input-background': '#ffffff',
    'input-foreground': '#3b3b3b',
    'input-placeholderForeground': '#767676',
    'inputValidation-errorBackground': '#f2dede',
    'inputValidation-errorBorder': '#be1100',
    'inputValidation-warningBackground': '#f6f5d2',
    'inputValidation-warningBorder': '#b89500',
    'dropdown-background': '#ffffff',
    'dropdown-foreground': '#3b3b3b',
    'dropdown-border': '#cecece',
    'list-hoverBackground': '#f2f2f2',
    'list-activeSelectionBackground': '#e8e8e8',
    'list-activeSelectionForeground': '#000000',
    'textLink-foreground': '#005fb8',
    'textCodeBlock-background': '#f8f8f8',
    'charts-blue': '#0063d3',
    'charts-purple': '#652d90',
    'charts-green': '#388a34',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
  },
  'high contrast': {
    class: 'vscode-high-contrast',
    foreground: '#ffffff',
    descriptionForeground: 'rgba(255, 255, 255, 0.7)',
    'icon-foreground': '#ffffff',
    errorForeground: '#f48771',
    focusBorder: '#f38518',
    contrastBorder: '#6fc3df',
    contrastActiveBorder: '#f38518',
    'editor-background': '#000000',
    'editor-foreground': '#ffffff',
    'panel-border': '#6fc3df',
    'panelTitle-activeForeground': '#ffffff',
    'panelTitle-activeBorder': '#6fc3df',
    'button-background': '#000000',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#000000',
    'button-border': '#6fc3df',
    'button-secondaryBackground': '#000000',
    'button-secondaryForeground': '#ffffff',
    'input-background': '#000000',
    'input-foreground': '#ffffff',
    'input-placeholderForeground': 'rgba(255, 255, 255, 0.7)',
    'inputValidation-errorBackground': '#000000',
    'inputValidation-errorBorder': '#6fc3df',
    'inputValidation-warningBackground': '#000000',
    'inputValidation-warningBorder': '#6fc3df',
    'dropdown-background': '#000000',
    'dropdown-foreground': '#ffffff',
    'dropdown-border': '#6fc3df',
    'textLink-foreground': '#21a6ff',
    'textCodeBlock-background': '#000000',
    'charts-blue': '#59a4f9',
    'charts-purple': '#b180d7',
    'charts-green': '#89d185',
    'testing-iconPassed': '#73c991',
    'testing-iconFailed': '#f14c4c',
  },
  'high contrast light': {
    class: 'vscode-high-contrast-light',
    foreground: '#292929',
    descriptionForeground: 'rgba(41, 41, 41, 0.9)',
    'icon-foreground': '#292929',
    errorForeground: '#b5200d',
    focusBorder: '#006bbd',
    contrastBorder: '#0f4a85',
    contrastActiveBorder: '#006bbd',
    'editor-background': '#ffffff',
    'editor-foreground': '#292929',
    'panel-border': '#0f4a85',
    'panelTitle-activeForeground': '#292929',
    'panelTitle-activeBorder': '#b5200d',
    'button-background': '#0f4a85',
    'button-foreground': '#ffffff',
    'button-hoverBackground': '#0f4a85',
    'button-border': '#0f4a85',
    'button-secondaryBackground': '#ffffff',
    'button-secondaryForeground': '#292929',
    'input-background': '#ffffff',
    'input-foreground': '#292929',
    'input-placeholderForeground': 'rgba(41, 41, 41, 0.7)',
    'inputValidation-errorBackground': '#ffffff',
    'inputValidation-errorBorder': '#0f4a85',
    'inputValidation-warningBackground': '#ffffff',
    'inputValidation-warningBorder': '#0f4a85',
    'dropdown-background': '#ffffff',
    'dropdown-foreground': '#292929',
    'dropdown-border': '#0f4a85',
    'list-activeSelectionBackground': 'rgba(15, 74, 133, 0.1)',
    'textLink-foreground': '#0f4a85',
    'textCodeBlock-background': '#f2f2f2',
    'charts-blue': '#0063d3',
    'charts-purple': '#652d90',
    'charts-green': '#374e06',
    'testing-iconPassed': '#007100',
    'testing-iconFailed': '#b5200d',
  },
} satisfies Record<string, Colors>;
export type ThemeName = keyof typeof themes;
export const themeNames = Object.keys(themes) as ThemeName[];

/** As the editor does it: first the variables, then the class. Drawn pictures follow before this is over. */
export async function setTheme(name: ThemeName): Promise<void> {
  const { class: kind, ...colors } = themes[name];
  const { style } = document.documentElement;
  style.cssText = '';
  for (const [key, color] of Object.entries(colors)) style.setProperty(`--vscode-${key}`, color);
  style.setProperty('--vscode-font-family', 'system-ui, sans-serif');
  style.setProperty('--vscode-font-size', '13px');
  style.setProperty('--vscode-editor-font-family', 'monospace');
  // The page is transparent; the editor behind it is not.
  style.setProperty('background', colors['editor-background']);
  document.body.dataset.vscodeThemeKind = kind;
  document.body.className = kind;
  // The parts watch these attributes: observers report in a microtask.
  await Promise.resolve();
  flushSync();
}
