import { isObject, type Json } from './json.ts'

/**
 * Points at a record of another sync that does not exist yet: its id is known once that sync has
 * created it.
 */
export type Ref = { readonly ref: { readonly sync: string; readonly key: string } }

export function ref(sync: string, key: string): Ref {
  return { ref: { sync, key } }
}

export function isRef(value: Json | undefined): value is Ref {
  return (
    isObject(value) &&
    isObject(value['ref']) &&
    typeof value['ref']['sync'] === 'string' &&
    typeof value['ref']['key'] === 'string'
  )
}
