export function textsOf(file: string, source: string): { texts: string[]; problems: string[] };
export function translationProblems(
  texts: Record<string, string>,
  translated: Record<string, string>,
  name: string,
): string[];
export function manifestTexts(
  manifest: object,
  known: Record<string, string>,
): { manifest: object; texts: Record<string, string>; moved: string[] };
