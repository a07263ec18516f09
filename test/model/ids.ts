/** Salesforce ids, read as ids (SAFE-10). */

const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The 18 characters of an id of 15: each of the last three says which of five letters are capitals. */
function lengthened(id: string): string {
  const bits = [0, 5, 10].map((at) =>
    id
      .slice(at, at + 5)
      .split('')
      .reduce((sum, letter, n) => sum + (/[A-Z]/.test(letter) ? 2 ** n : 0), 0),
  )
  return id + bits.map((n) => SUFFIX[n]).join('')
}

/** The id that 15 or 18 characters mean, as 18; of 18 the last three bring back the case. Undefined for what is no id. */
export function idOf(written: string): string | undefined {
  const text = written.trim()
  if (/^[0-9a-z]{15}$/i.test(text)) return lengthened(text)
  if (!/^[0-9a-z]{15}[a-z0-5]{3}$/i.test(text)) return undefined
  const letters = Array.from(text.slice(0, 15), (letter, n) => {
    const bits = SUFFIX.indexOf(text.charAt(15 + Math.floor(n / 5)).toUpperCase())
    return Math.floor(bits / 2 ** (n % 5)) % 2 === 1 ? letter.toUpperCase() : letter.toLowerCase()
  })
  const id = lengthened(letters.join(''))
  return id.toUpperCase() === text.toUpperCase() ? id : undefined
}

/**
 * Whether these 15 characters have lost the case that an account has: nothing says which of them were capitals. In both
 * cases they are meant as they are.
 */
export function lostCase(written: string, accounts: readonly string[]): boolean {
  const text = written.trim()
  if (!/^([0-9a-z]{15}|[0-9A-Z]{15})$/.test(text)) return false
  const similar = accounts.map((id) => id.slice(0, 15)).filter((id) => id.toLowerCase() === text.toLowerCase())
  return similar.length > 0 && !similar.includes(text)
}
