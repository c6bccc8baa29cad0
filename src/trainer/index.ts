/** The process of a run: its jobs, its status and heartbeat, and the thread of the engine. */
export {};
