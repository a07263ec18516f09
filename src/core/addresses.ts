import { domainToASCII } from 'node:url'

/**
 * An e-mail address in the one form that counts as equal: without case and surrounding blanks, its
 * domain in ASCII: `ann@bücher.example` is `ann@xn--bcher-kva.example` (IDNA).
 */
export function foldAddress(email: string): string {
  const address = email.trim().toLowerCase()
  const at = address.lastIndexOf('@') + 1
  return at === 0 ? address : address.slice(0, at) + (domainToASCII(address.slice(at)) || address.slice(at))
}
