const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * The 18-character form of a Salesforce id of 15 or 18 characters; undefined when it is none, its
 * last three letters included.
 */
export function salesforceId(text: string): string | undefined {
  if (!/^[A-Za-z0-9]{15}([A-Za-z0-5]{3})?$/.test(text)) return undefined
  const short = text.slice(0, 15)
  const full = short + checksum(short)
  return text.length === 15 || text === full ? full : undefined
}

/**
 * One letter for each five characters: its bits say which of them are upper case, so that ids
 * differ even without case.
 */
function checksum(short: string): string {
  const letter = (start: number) =>
    ALPHABET.charAt([0, 1, 2, 3, 4].reduce((bits, place) => bits | (upper(short[start + place]) ? 1 << place : 0), 0))
  return letter(0) + letter(5) + letter(10)
}

const upper = (letter = ''): boolean => /[A-Z]/.test(letter)
