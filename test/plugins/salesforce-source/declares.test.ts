import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HttpError } from 'zds'
import { declares } from '../../../plugins/salesforce-source/declares.ts'
import type { Description } from '../../../plugins/salesforce-source/describe.ts'
import { namesOf } from '../../../src/cli/types/names.ts'
import { writeNames } from '../../../src/cli/types/file.ts'
import { ROOT } from '../../docs/pages.ts'
import { typeErrorsIn } from '../../docs/types.ts'

/** An object by its columns, and by its relationships with the objects that they may lead to. */
const object = (
  name: string,
  columns: { readonly [column: string]: string },
  parents: { readonly [by: string]: readonly string[] } = {},
): Description => ({
  name,
  fields: new Map(Object.entries(columns).map(([column, type]) => [column.toLowerCase(), { name: column, type }])),
  parents: new Map(Object.entries(parents).map(([by, objects]) => [by.toLowerCase(), { name: by, objects }])),
  children: new Map(),
})

const ORG: { readonly [name: string]: Description } = {
  Account: object(
    'Account',
    { Id: 'id', Name: 'string', Seats__c: 'double', Hold__c: 'boolean', Revenue: 'currency', Since: 'date' },
    { Owner: ['User', 'Group'], Secret__r: ['Secret__c'], Other__r: ['User'] },
  ),
  User: object('User', { Id: 'id', Name: 'string', Age: 'int' }, { Manager: ['User'] }),
  Group: object('Group', { Id: 'id', Size: 'int' }),
}

async function describe(name: string): Promise<Description> {
  const found = ORG[name]
  if (found !== undefined) return found
  throw new HttpError('HTTP_REFUSED', `${name} is hidden`, {
    status: 404,
    arrived: 'no',
    body: [{ errorCode: 'NOT_FOUND' }],
  })
}

const FOLLOWED = { object: 'Account', columns: ['Name', 'owner.Name', 'Secret__r.Name'], byTables: true }

test('an object with its columns, its relationships, and the columns of the parents that are asked for', async () => {
  const names = namesOf(await declares(describe, FOLLOWED))
  const found = Object.fromEntries([...names].map(([path, type]) => [path.split('\t').slice(1).join('.'), type]))
  expect(found).toEqual({
    'Columns.Account': `import('zds/salesforce-source').ColumnsOf<'Account'>`,
    'Objects.Account.Id': 'string',
    'Objects.Account.Name': 'string',
    'Objects.Account.Seats__c': 'number',
    'Objects.Account.Revenue': 'number',
    'Objects.Account.Hold__c': 'boolean',
    'Objects.Account.Since': 'string',
    'Objects.Account.Owner': `{ parent: 'Group' | 'User' }`,
    'Objects.Account.Other__r': `{ parent: 'User' }`,
    'Objects.Account.Secret__r': `{ parent: 'Secret__c' }`,
    'Objects.Account.Owner.Id': 'string',
    'Objects.Account.Owner.Name': 'string',
    'Objects.Account.Owner.Age': 'number',
    'Objects.Account.Owner.Size': 'number',
  })
  expect(namesOf(await declares(describe, { ...FOLLOWED, byTables: false })).keys()).not.toContain(
    'zds\tColumns\tAccount',
  )
  expect(await declares(describe, { ...FOLLOWED, object: 'Nowhere' })).toEqual([])
})

test('for the compiler: columns of either object of an owner; of what is hidden, or not followed yet, any', async () => {
  const lines = [
    `import { decimal, text } from 'zds'`,
    `export const fine = [text('Owner.Name'), decimal('Owner.Size'), decimal('Owner.Age'), text('Owner.Manager.Nmae')]`,
    `export const any = [text('Secret__r.Anything'), text('Other__r.Anything')]`,
    `export const slip = text('Owner.Nmae')`,
    `export const number = text('Owner.Age')`,
    `export const nothing = text('Ownr.Name')`,
  ]
  expect(await errorLines(describe, FOLLOWED, lines)).toEqual([4, 5, 6])
})

test('an org of some age, with hundreds of columns and lookups, is no more than a compiler takes', async () => {
  const many = (count: number, name: (at: number) => string) => Array.from({ length: count }, (_, at) => name(at))
  const user = object('User', Object.fromEntries(many(250, (at) => `U${at}__c`).map((column) => [column, 'string'])))
  const account = object(
    'Account',
    Object.fromEntries(many(700, (at) => `C${at}__c`).map((column) => [column, 'string'])),
    Object.fromEntries(many(150, (at) => `P${at}__r`).map((by) => [by, ['User']])),
  )
  const asked = { object: 'Account', columns: ['P0__r.U0__c', 'P1__r.U1__c'], byTables: true }
  const lines = [
    `import { text } from 'zds'`,
    `import type { ColumnName } from 'zds/salesforce-source'`,
    `export const fine = [text('C699__c'), text('P0__r.U249__c'), text('P149__r.Any')]`,
    `export const columns: readonly ColumnName<'Account'>[] = ['C1__c', 'P0__r.U3__c']`,
    `export const slip = text('P1__r.U250__c')`,
  ]
  expect(await errorLines(async (name) => (name === 'User' ? user : account), asked, lines)).toEqual([5])
})

/** The lines of a file that the compiler tells of, with what an org declares. */
async function errorLines(
  look: typeof describe,
  asked: Parameters<typeof declares>[1],
  lines: readonly string[],
): Promise<number[]> {
  const directory = mkdtempSync(join(ROOT, 'test/.tmp-declares-'))
  try {
    await writeNames(join(directory, 'zds.types.d.ts'), namesOf(await declares(look, asked)))
    writeFileSync(join(directory, 'fields.ts'), lines.join('\n'))
    const told = await typeErrorsIn(directory, ['fields.ts', 'zds.types.d.ts'])
    return [...told.matchAll(/fields\.ts\((\d+),/g)].map(([, line]) => Number(line))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
