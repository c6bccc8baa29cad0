/** The command line `g2rl`: trains, follows, stops, lists and evaluates, by the same actions as the editor. */
export {};
