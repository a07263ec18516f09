import { caseSafeId, several, single, type Meaning, type Setting } from 'zds'

/** A Salesforce id in a variable: its 18-character form (SAFE-09). */
export const salesforceId = (from: Setting): Setting => single(from, meaning)

/** Salesforce ids in a variable, however they are separated: their 18-character forms. */
export const salesforceIds = (from: Setting): Setting<readonly string[]> => several(from, meaning)

function meaning(text: string): Meaning {
  const id = caseSafeId(text)
  if (id !== undefined) return id
  const hint = 'Copy the id from the field Account_ID_18__c, or from the address of the record.'
  if (!/^[a-z\d]+$/i.test(text)) return { problem: 'is no Salesforce id: those are letters and digits', hint }
  if (text.length === 18)
    return { problem: 'is no Salesforce id: its last three characters do not fit the others', hint }
  return { problem: `is no Salesforce id: its length is ${text.length}, not 15 or 18`, hint }
}
