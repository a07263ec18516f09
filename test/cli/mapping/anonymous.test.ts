import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from 'zds'
import { anonymise, type Rows } from '../../../src/cli/mapping/anonymous.ts'

/** Tells how the outcome depends on rows: on the kind, and on a name that is copied. */
const outcomeOf = async (given: Rows): Promise<Json> =>
  (given['accounts'] ?? []).map((row) => {
    const { Name = null, Kind = null } = row as { Name?: string; Kind?: string } // as the tests give them
    return { name: Name, paying: Kind === 'Customer' }
  })

const names = new Set(['Ada Example', 'Example Ltd'])
const clear = (given: Rows) => anonymise(given, names, outcomeOf)

describe('what is recorded holds no personal data (OPS-08)', () => {
  test('the same text becomes the same word; ids, dates and numbers stay; what matters stays and is told', async () => {
    const row = (more: object) => ({ Id: '001000000043kkjAAA', On: '2026-03-16', Sum: 7, Name: 'Example Ltd', ...more })
    const rows = [
      row({ Kind: 'Customer', Mail: 'Ada@Example.com', Note: 'call Ada Example' }),
      row({ Kind: 'Partner', Mail: 'ada@example.com ', Note: null }),
    ]
    const { given, kept } = await clear({ accounts: rows })
    const same = { Id: '001000000043kkjAAA', On: '2026-03-16', Sum: 7, Name: 'Name 1', Mail: 'person-1@example.com' }
    expect(given['accounts']).toEqual([
      { ...same, Kind: 'Customer', Note: 'Text 3' },
      { ...same, Kind: 'Partner', Note: null },
    ])
    expect(kept).toEqual(['accounts Kind'])
  })

  test('a name within a text that has to stay goes all the same', async () => {
    const outcome = async (given: Rows) => Number(JSON.stringify(given).includes('hold:'))
    const { given } = await anonymise({ accounts: [{ Note: 'hold: Ada Example asked' }] }, names, outcome)
    expect(given).toEqual({ accounts: [{ Note: 'hold: Name 1 asked' }] })
  })

  test('whatever the rows are: no address and no name is left, and the same comes of them again', async () => {
    const text = fc.oneof(fc.emailAddress(), fc.constantFrom(...names), fc.string(), fc.constantFrom('Customer'))
    const row = fc.record({ Name: text, Kind: text, Mail: text, More: fc.array(fc.record({ Mail: text })) })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 4 }), async (rows) => {
        const { given } = await clear({ accounts: rows })
        const told = JSON.stringify(given)
        const addresses = [...told.matchAll(/[^"]*@[^"]*/g)].map(([one]) => one)
        expect(addresses.filter((one) => !/^person-\d+@example\.com$/.test(one))).toEqual([])
        for (const name of names) expect(told).not.toContain(name)
        expect((await clear({ accounts: rows })).given).toEqual(given)
      }),
      { numRuns: 60 },
    )
  })
})
