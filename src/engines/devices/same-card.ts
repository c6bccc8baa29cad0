/** Drivers and systems name a card nearly alike: `NVIDIA GeForce RTX 4060` and `AMD Radeon RX 6600 (RADV NAVI23)`. */
export function isSameCard(a: string, b: string): boolean {
  const words = (name: string): string[] => name.toLowerCase().match(/[a-z]*\d[a-z\d]*/g) ?? [];
  return a === b || words(a).some((word) => words(b).includes(word));
}
