import { several, single, type Meaning, type Setting } from 'zds'

/** A Salesforce id in a variable: its 18-character form (SAFE-09). */
export const salesforceId = (from: Setting): Setting => single(from, meaning)

/** Salesforce ids in a variable, however they are separated: their 18-character forms. */
export const salesforceIds = (from: Setting): Setting<readonly string[]> => several(from, meaning)

function meaning(text: string): Meaning {
  const id = idIn(text)
  if (id !== undefined) return id
  const hint = 'Copy the id from the field Account_ID_18__c, or from the address of the record.'
  if (!/^[a-z\d]+$/i.test(text)) return { problem: 'is no Salesforce id: those are letters and digits', hint }
  if (text.length === 18)
    return { problem: 'is no Salesforce id: its last three characters do not fit the others', hint }
  return { problem: `is no Salesforce id: it has ${text.length} characters, not 15 or 18`, hint }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * The 18-character form of an id of 15 characters, or of 18 in whatever case: its last three
 * characters tell which of the others are upper case. Undefined where they contradict the rest.
 */
function idIn(text: string): string | undefined {
  if (/^[a-z\d]{15}$/i.test(text)) return text + checksum(text)
  if (!/^[a-z\d]{15}[a-z0-5]{3}$/i.test(text)) return undefined
  const [short, end] = [text.slice(0, 15), text.slice(15)]
  if (checksum(short) === end.toUpperCase()) return short + end.toUpperCase()
  // Of letters in both cases, somebody meant each; a slip in one of them is not for us to mend.
  const meant = /[a-z]/.test(short) && /[A-Z]/.test(short) && end === end.toUpperCase()
  const restored = inCaseOf(short, end.toUpperCase())
  return !meant && checksum(restored) === end.toUpperCase() ? restored + end.toUpperCase() : undefined
}

/**
 * One letter for each five characters: its bits say which of them are upper case, so that ids
 * differ even without case.
 */
function checksum(short: string): string {
  const bitsFrom = (start: number): number =>
    [0, 1, 2, 3, 4].reduce((bits, place) => bits | (/[A-Z]/.test(short.charAt(start + place)) ? 1 << place : 0), 0)
  return [0, 5, 10].map((start) => ALPHABET.charAt(bitsFrom(start))).join('')
}

/** The characters of an id in the case that its checksum tells. */
function inCaseOf(short: string, end: string): string {
  const isUpper = (place: number): boolean =>
    (ALPHABET.indexOf(end.charAt(Math.floor(place / 5))) & (1 << (place % 5))) !== 0
  return short.replaceAll(/./g, (letter, place: number) =>
    isUpper(place) ? letter.toUpperCase() : letter.toLowerCase(),
  )
}
