/** What a system tells of its GPUs. */

/** A GPU as the system names it. */
export interface GraphicsCard {
  name: string;
  /** Its driver and version, as far as they are known. */
  driver: string | null;
  /** Its own memory, or its part of the machine's; absent where the system does not say. */
  memoryBytes?: number;
}

/** Why no GPU can be used, and what to do about it. */
export interface Obstacle {
  message: string;
  hint: string;
}

export interface SystemGraphics {
  cards: GraphicsCard[];
  /** What keeps every GPU from being used. */
  obstacle: Obstacle | null;
  /** Whether a driver may work in spite of the obstacle: one that computes on the processor. */
  triable: boolean;
  /** What drivers and versions depend on, as a text. */
  drivers: string;
}
