import { describe, expect, test } from 'vitest'
import { extended, type Additions } from '../../src/sandbox/world/additions.ts'
import { generateWorld } from '../../src/sandbox/world/generate.ts'

const world = generateWorld({ accounts: 8, seed: 1, asOf: '2026-03-16' })
const fieldOf = (instance: string, key: string, additions: Additions) =>
  extended(world, additions).zendesk[instance]?.organization_fields.find((field) => field.key === key)

describe('what a world gets beside what it has', () => {
  test('a field of one instance, and no other change', () => {
    expect(fieldOf('global', 'account_industry', { field: ['global.account_industry:text'] })).toMatchObject({
      type: 'text',
    })
    expect(fieldOf('us_gov', 'account_industry', { field: ['global.account_industry:text'] })).toBeUndefined()
    expect(
      fieldOf('us_gov', 'tier', { field: ['us-gov.tier:dropdown=gold,silver'] })?.custom_field_options,
    ).toMatchObject([{ value: 'gold' }, { value: 'silver' }])
    expect(extended(world, {})).toEqual(world)
  })

  test('a column whose values go round among the rows, and one row has none', () => {
    const values = (column: string): unknown[] =>
      (extended(world, { column: [column] }).salesforce['Account'] ?? []).map(
        (row) => row[column.replace(/^Account\.|=.*/g, '')],
      )
    expect(values('Account.Industry=Energy,Finance').slice(0, 3)).toEqual(['Energy', 'Finance', null])
    expect(values('Account.Industry').slice(0, 2)).toEqual(['Industry 1', 'Industry 2'])
    expect(values('Account.Seats__c=12,true').slice(0, 2)).toEqual([12, true])
  })

  test('an instance without records, with the fields of the first or of another, and fields of its own', () => {
    const more = extended(world, { instance: ['emea', 'apac-1=us-gov'], field: ['emea.mine:text'] })
    const { global, us_gov: usGov, emea, apac_1: apac } = more.zendesk
    expect(emea).toMatchObject({ organizations: [], users: [] })
    expect(emea?.organization_fields).toEqual([
      ...(global?.organization_fields ?? []),
      expect.objectContaining({ key: 'mine' }),
    ])
    expect(apac?.organization_fields).toEqual(usGov?.organization_fields)
  })

  test.each<[Additions, string]>([
    [{ field: ['account_industry:text'] }, '--field must be INSTANCE.KEY:TYPE'],
    [{ field: ['global.x:number'] }, 'the type must be one of text, textarea'],
    [{ field: ['global.x:dropdown'] }, 'a dropdown, and no other, has options'],
    [{ field: ['global.x:text=a'] }, 'a dropdown, and no other, has options'],
    [{ field: ['emea.x:text'] }, '--field: there is no instance emea; there are: global, us_gov'],
    [{ field: ['global.x:text', 'global.x:date'] }, 'global has a field x already'],
    [{ column: ['Industry'] }, '--column must be OBJECT.COLUMN'],
    [{ column: ['Acount.Industry'] }, '--column: there is no object Acount; there are: Account'],
    [{ instance: ['us-gov'] }, 'there is an instance us-gov already'],
    [{ instance: ['emea=x'] }, '--instance: there is no instance x'],
    [{ instance: ['E'] }, '--instance must be a name of small letters'],
  ])('%o says what to correct', (additions, message) => {
    expect(() => extended(world, additions)).toThrow(message)
  })
})
