/** An instance has one spelling, `us-gov`; people also write `us_gov` in overrides. */
export const sameInstance = (one: string, other: string): boolean =>
  one.replaceAll('_', '-') === other.replaceAll('_', '-')
