const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The 18-character form of a 15-character Salesforce id: three characters that say which letters
 * are capitals.
 */
function withChecksum(id15: string): string {
  let suffix = ''
  for (let block = 0; block < 15; block += 5) {
    let bits = 0
    for (let k = 0; k < 5; k++) {
      const char = id15.charAt(block + k)
      if (char >= 'A' && char <= 'Z') bits |= 1 << k
    }
    suffix += alphabet.charAt(bits)
  }
  return id15 + suffix
}

/**
 * The n-th id of an object, 18 characters: its three-character prefix, a number in base 62, the
 * checksum.
 */
export function makeId(prefix: string, n: number): string {
  let text = ''
  for (let rest = n; rest > 0; rest = Math.floor(rest / 62)) text = digits.charAt(rest % 62) + text
  return withChecksum(prefix + text.padStart(12, '0'))
}

/** True for 15 or 18 characters that can be an id, with the right checksum where there is one. */
export function isId(text: string): boolean {
  if (!/^[0-9A-Za-z]{15}([0-9A-Z]{3})?$/.test(text)) return false
  return text.length === 15 || withChecksum(text.slice(0, 15)) === text
}
