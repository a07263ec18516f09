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
    { Owner: ['User', 'Group'], Secret__r: ['Secret__c'] },
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

test('an object with its columns and parents; one that is hidden is left out, and its columns may be any', async () => {
  const names = namesOf(await declares(describe, 'Account', true))
  const found = Object.fromEntries([...names].map(([path, type]) => [path.split('\t').slice(1).join('.'), type]))
  expect(found).toMatchObject({
    'Columns.Account': `import('zds/salesforce-source').ColumnsOf<'Account'>`,
    'Objects.Account.Seats__c': 'number',
    'Objects.Account.Revenue': 'number',
    'Objects.Account.Hold__c': 'boolean',
    'Objects.Account.Since': 'string',
    'Objects.Account.Owner': `{ parent: 'Group' | 'User' }`,
    'Objects.User.Age': 'number',
    'Objects.Group.Size': 'number',
  })
  expect(Object.keys(found).filter((path) => path.startsWith('Objects.Secret__c'))).toEqual([])
  expect(namesOf(await declares(describe, 'Account', false)).keys()).not.toContain('zds\tColumns\tAccount')
  expect(await declares(describe, 'Nowhere', true)).toEqual([])
})

test('for the compiler: columns of either object of an owner, of what is hidden any, further away any', async () => {
  const directory = mkdtempSync(join(ROOT, 'test/.tmp-declares-'))
  try {
    await writeNames(join(directory, 'zds.types.d.ts'), namesOf(await declares(describe, 'Account', true)))
    const lines = [
      `import { decimal, text } from 'zds'`,
      `export const fine = [text('Owner.Name'), decimal('Owner.Size'), decimal('Owner.Age'), text('Owner.Manager.Nmae')]`,
      `export const hidden = text('Secret__r.Anything')`,
      `export const slip = text('Owner.Nmae')`,
      `export const number = text('Owner.Age')`,
      `export const nothing = text('Ownr.Name')`,
    ]
    writeFileSync(join(directory, 'fields.ts'), lines.join('\n'))
    const told = await typeErrorsIn(directory, ['fields.ts', 'zds.types.d.ts'])
    expect([...told.matchAll(/fields\.ts\((\d+),/g)].map(([, line]) => Number(line))).toEqual([4, 5, 6])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
