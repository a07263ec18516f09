import { parseQuery } from '@jetstreamapp/soql-parser-js'
import { assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeSoql, soql, soqlDate } from 'zds/salesforce-source'

const UNESCAPED: { readonly [escape: string]: string } = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  "'": "'",
  '"': '"',
  '\\': '\\',
}

/**
 * Reads a literal the way Salesforce does: an escape it does not know, or a quote in the middle, is
 * an error.
 */
function unescape(literal: string): string {
  const inside = /^'((?:[^'\\\n\r]|\\.)*)'$/.exec(literal)?.[1]
  if (inside === undefined) throw new Error(`not one literal: ${literal}`)
  return inside.replace(/\\(.)/g, (_all, escape: string) => {
    const meant = UNESCAPED[escape]
    if (meant === undefined) throw new Error(`unknown escape: ${escape}`)
    return meant
  })
}

describe('soql', () => {
  it('keeps any string one literal that reads back as the same string', () => {
    const same = (text: string): void => {
      expect(unescape(soql`${text}`)).toBe(text)
    }
    assert(property(string({ unit: 'binary' }), same))
    const nasty = string({
      unit: constantFrom("'", '\\', '"', '\n', '\r', '\t', '\b', '\f', 'n', 'u', '%', '_', ' ', 'OR'),
    })
    assert(property(nasty, same))
  })

  it('gives a parser one condition and one literal, whatever the value tries', () => {
    for (const value of ["' OR Name != '", "\\' OR Name != '", '\\', "x\\\\'", "') OR (Id != ''", 'a"b']) {
      const { where } = parseQuery(soql`SELECT Id FROM Account WHERE Name = ${value}`)
      expect(where).toMatchObject({ left: { field: 'Name', operator: '=', literalType: 'STRING' } })
      expect(where).not.toHaveProperty('operator')
      const left = where?.left
      expect(left !== undefined && left !== null && 'value' in left ? unescape(String(left.value)) : undefined).toBe(
        value,
      )
    }
  })

  it('writes lists, numbers, booleans, null and dates as literals', () => {
    expect(
      soql`Type IN ${['Customer', "O'Brien"]} AND N = ${-1.5} AND B = ${true} AND X = ${null} AND D >= ${soqlDate('2026-01-01')}`,
    ).toBe(String.raw`Type IN ('Customer','O\'Brien') AND N = -1.5 AND B = true AND X = null AND D >= 2026-01-01`)
  })

  it('refuses an empty list, which would drop the condition or break the query', () => {
    expect(() => soql`Id IN ${[]}`).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it.each(['2026-02-30', "2026-01-01' OR", '01/02/2026', ''])('refuses %j as a date', (text) => {
    expect(() => soqlDate(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it.each([Number.NaN, Infinity, 1e30])('refuses the number %d', (number) => {
    expect(() => soql`N = ${number}`).toThrow('SOQL cannot write')
  })
})

describe('composeSoql', () => {
  it('writes columns, child queries and conditions (SFA-02)', () => {
    const text = composeSoql({
      object: 'Account',
      columns: ['Name', 'Owner.Name'],
      children: [{ relationship: 'Contacts', columns: ['Id', 'Email'], where: soql`Email != ${''}` }],
      where: soql`Type IN ${['Customer', 'Former Customer']}`,
    })
    expect(text).toBe(
      "SELECT Name, Owner.Name, (SELECT Id, Email FROM Contacts WHERE Email != '') FROM Account WHERE Type IN ('Customer','Former Customer')",
    )
  })

  it('selects a column once, though it is named twice in different cases: Salesforce refuses a duplicate', () => {
    expect(composeSoql({ object: 'Account', columns: ['Name', 'Id', 'name', 'Name'] })).toBe(
      'SELECT Name, Id FROM Account',
    )
  })

  it('refuses every name that is none at once, so that nothing is injected through one', () => {
    const query = {
      object: 'Account WHERE Id != null',
      columns: ['Name', 'Name FROM User', 'A..B', ''],
      children: [
        { relationship: 'Contacts)', columns: ['Id'] },
        { relationship: 'Cases', columns: ['Id', 'x-y'] },
      ],
    }
    const wrong = ['Account WHERE Id != null', 'Name FROM User', 'A..B', '', 'Contacts)', 'x-y']
    const issues = wrong.map((name) =>
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(JSON.stringify(name)) }),
    )
    expect(() => composeSoql(query)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', issues }))
  })

  it('refuses what Salesforce would: no columns, a relationship twice, more than 20 child queries', () => {
    const child = (relationship: string) => ({ relationship, columns: ['Id'] })
    expect(() => composeSoql({ object: 'Account', columns: [] })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() =>
      composeSoql({ object: 'Account', columns: ['Id'], children: [child('Cases'), child('cases')] }),
    ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    const many = Array.from({ length: 21 }, (_none, index) => child(`C${index}__r`))
    expect(() => composeSoql({ object: 'Account', columns: ['Id'], children: many })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
