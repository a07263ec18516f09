const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * The 18-character form of an id of 15 characters whose case counts, or of 18 in whatever case: its
 * last three characters tell which of the others are upper case (SF-05). Surrounding blanks do not
 * count. Undefined for what is no such id: the fold of keys that are (SAFE-10).
 */
export function caseSafeId(text: string): string | undefined {
  const id = text.trim()
  if (/^[a-z\d]{15}$/i.test(id)) return id + checksum(id)
  if (!/^[a-z\d]{15}[a-z0-5]{3}$/i.test(id)) return undefined
  const [short, end] = [id.slice(0, 15), id.slice(15).toUpperCase()]
  if (checksum(short) === end) return short + end
  // Of letters in both cases, somebody meant each; a slip in one of them is not for us to mend.
  const meant = /[a-z]/.test(short) && /[A-Z]/.test(short) && id.endsWith(end)
  const restored = inCaseOf(short, end)
  return !meant && checksum(restored) === end ? restored + end : undefined
}

/**
 * One letter for each five characters: its bits say which of them are upper case, so that ids
 * differ even without case.
 */
function checksum(short: string): string {
  const bits = short.split('').map((letter, index) => (/[A-Z]/.test(letter) ? 1 << (index % 5) : 0))
  return [0, 5, 10]
    .map((from) => ALPHABET.charAt(bits.slice(from, from + 5).reduce((sum, bit) => sum + bit, 0)))
    .join('')
}

function inCaseOf(short: string, end: string): string {
  const isUpper = (index: number): boolean =>
    (ALPHABET.indexOf(end.charAt(Math.floor(index / 5))) & (1 << (index % 5))) !== 0
  const letters = short.split('').map((letter, index) => (isUpper(index) ? letter.toUpperCase() : letter.toLowerCase()))
  return letters.join('')
}
