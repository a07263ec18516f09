import { caseSafeId } from 'zds'

/**
 * The 18-character form of a Salesforce id of 15 or 18 characters; undefined when it is none, its
 * last three letters included, or when its case was lost: support writes these by hand.
 */
export function salesforceId(text: string): string | undefined {
  const id = caseSafeId(text)
  return id?.startsWith(text) === true ? id : undefined
}
