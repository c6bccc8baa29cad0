/**
 * Version of the run directory. Apart from the schemas, so that readers need no schema library to compare it.
 * From 2 on the first step asks the first problems of a list; a run of schema 1 resumes in the order it began with.
 */
export const RUN_SCHEMA_VERSION = 2;
