import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { env, invalid } from 'zds'
import { salesforceId, salesforceIds } from 'zds/salesforce-source'
import { salesforceId as fullId } from '../../../plugins/entitlements/salesforce-id.ts'

const NAME = 'ZDS_TEST_IDS'
afterEach(() => delete process.env[NAME])

const idsIn = (text: string): readonly string[] => {
  process.env[NAME] = text
  return salesforceIds(env(NAME)).read()
}
const problemsIn = (text: string): string[] => {
  process.env[NAME] = text
  return invalid(salesforceIds(env(NAME))).map(({ code, message }) => `${code} ${message}`)
}

const ID = '00100000003zYauAAE'
const OTHER = '001000000043kjxAAA'

describe('SAFE-09: Salesforce ids in a variable', () => {
  it.each([
    ID,
    ID.slice(0, 15),
    ID.toLowerCase(),
    ID.toUpperCase(),
    '00100000003zYauaae',
    '00100000003ZyAUaae',
    ` ${ID}\r\n`,
    `"${ID}"`,
    `'${ID.slice(0, 15)}'`,
    `\u00A0${ID}\u200B`,
  ])('%j is one id', (text) => expect(idsIn(text)).toEqual([ID]))

  it.each([`${ID},${OTHER}`, `${ID}; ${OTHER}`, `${ID}\n${OTHER}\n`, `"${ID}" "${OTHER}"`, `["${ID}","${OTHER}"]`])(
    '%j are two',
    (text) => expect(idsIn(text)).toEqual([ID, OTHER]),
  )

  it.each([
    ['0010000000', 'ENV_INVALID is no Salesforce id: its length is 10, not 15 or 18'],
    ['00100000003zYauAAA', 'ENV_INVALID is no Salesforce id: its last three characters do not fit the others'],
    ['00100000003zyauAAE9', 'ENV_INVALID is no Salesforce id: its length is 19, not 15 or 18'],
    ['https://example.my.salesforce.com/001', 'ENV_INVALID is no Salesforce id: those are letters and digits'],
    [`${ID}|${OTHER}`, 'ENV_INVALID is no Salesforce id: those are letters and digits'],
    ['001000000000001AAB', 'ENV_INVALID is no Salesforce id: its last three characters do not fit the others'],
    [`${ID},x`, 'ENV_INVALID part 2 of 2, "x", is no Salesforce id: its length is 1, not 15 or 18'],
  ])('%j is refused', (text, problem) => expect(problemsIn(text)).toEqual([problem]))

  it('a single one is one, and two are refused', () => {
    process.env[NAME] = ID.toLowerCase()
    expect(salesforceId(env(NAME)).read()).toBe(ID)
    process.env[NAME] = `${ID},${OTHER}`
    expect(invalid(salesforceId(env(NAME)))).toHaveLength(1)
  })

  it('of 18 characters the case is restored, whatever became of it', () => {
    const short = fc.stringMatching(/^001[A-Za-z0-9]{12}$/)
    fc.assert(
      fc.property(short, (text) => {
        const full = fullId(text) ?? ''
        expect(idsIn(text)).toEqual([full])
        expect(idsIn(full)).toEqual([full])
        expect(idsIn(full.toUpperCase())).toEqual([full])
        expect(idsIn(full.toLowerCase())).toEqual([full])
      }),
    )
  })

  it('never means another id than one with these letters and digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^001[A-Za-z0-9]{12}[A-Z0-5]{3}$/), (text) => {
        const [id = text] = problemsIn(text).length === 0 ? idsIn(text) : []
        expect(id.toLowerCase()).toBe(text.toLowerCase())
      }),
    )
  })
})
