/** Version of the run directory. Apart from the schemas, so that readers need no schema library to compare it. */
export const RUN_SCHEMA_VERSION = 1;
