import { checkbox, fact, type FactOf } from 'zds'

type Checkboxes<Type extends string> = { readonly [Name in Type]: ReturnType<typeof checkbox> }

/**
 * A checkbox for each subscription type, named like it: `{ sub_edu: checkbox(fact('sub_edu')) }`
 * (PROC-16).
 */
export function subscriptions<const Type extends FactOf<boolean>>(...types: readonly Type[]): Checkboxes<Type> {
  // Object.fromEntries forgets which keys it was given.
  return Object.fromEntries(types.map((type) => [type, checkbox(fact(type))])) as Checkboxes<Type>
}
