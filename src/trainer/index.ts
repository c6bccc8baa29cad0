/** The process that a run lives in: its jobs, its status and heartbeat, and the thread of the engine. */
export {};
