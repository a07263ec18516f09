import { checkbox, fact, type Field } from 'zds'

/**
 * A checkbox for each subscription type, named like it: `{ sub_edu: checkbox(fact('sub_edu')) }`
 * (PROC-16).
 */
export function subscriptions<const Type extends string>(
  ...types: readonly Type[]
): { readonly [Name in Type]: Field<'checkbox'> } {
  // Object.fromEntries forgets which keys it was given.
  return Object.fromEntries(types.map((type) => [type, checkbox(fact(type))])) as { [Name in Type]: Field<'checkbox'> }
}
