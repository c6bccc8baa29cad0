/** What the schema of the experiment file knows of each field: names, choices, defaults. */
import { z } from 'zod';
import type { FieldPath } from './field-path.js';

/** The schema inside defaults, optionals and transforms. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

/** The schema of the field at `path`, with its default; undefined when there is no such field. */
function fieldAt(schema: z.ZodType, path: FieldPath): unknown {
  let current: unknown = schema;
  for (const part of path) {
    const inner = unwrap(current);
    if (inner instanceof z.ZodObject) current = inner.shape[String(part)];
    else if (inner instanceof z.ZodArray) current = inner.element;
    else return undefined;
  }
  return current;
}

/** Names of the fields of the object at `path`; empty when there is no object. */
export function fieldNames(schema: z.ZodType, path: FieldPath): string[] {
  const object = unwrap(fieldAt(schema, path));
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** All fields of the file as dotted paths, sections included, entries of lists not. */
export function allFields(schema: z.ZodType, prefix: readonly string[] = []): string[] {
  return fieldNames(schema, prefix).flatMap((name) => {
    const path = [...prefix, name];
    return [path.join('.'), ...allFields(schema, path)];
  });
}

/** The value that a field has when it is not in the file; undefined when it has none of its own. */
export function defaultOf(schema: z.ZodType, path: FieldPath): unknown {
  const field = fieldAt(schema, path);
  return field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
}

/** The texts that a field can be; empty when it is not a choice. */
export function choicesOf(schema: z.ZodType, path: FieldPath): string[] {
  const field = unwrap(fieldAt(schema, path));
  if (field instanceof z.ZodBoolean) return ['true', 'false'];
  return field instanceof z.ZodEnum ? field.options.map(String) : [];
}

/** What the field is for; empty when the schema does not say. */
export function descriptionOf(schema: z.ZodType, path: FieldPath): string {
  const field = fieldAt(schema, path);
  return field instanceof z.ZodType ? (field.description ?? '') : '';
}
