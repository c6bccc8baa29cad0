export function print(text: string): void;
