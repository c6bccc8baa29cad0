export function browserPath(): string | null;
export function softwareGpu(): Record<string, string> | null;
