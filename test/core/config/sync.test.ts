import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkbox, dropdown, sync, text, typesOf, type Desired, type Processor } from 'zds'
import { ROOT } from '../../docs/pages.ts'
import { typeErrorsIn } from '../../docs/types.ts'
import { sourceOf, targetOf } from '../../support/syncs.ts'

const fields = { id: text('Id'), level: dropdown('Level'), left: checkbox() }
const words = { lapsed: 'was not renewed' }
const desired: Processor<ReturnType<typeof typesOf<typeof fields>>, 'lapsed'> = {
  ...sourceOf<Desired>('seats'),
  types: typesOf(fields),
  words,
}
const target = targetOf({ types: fields })
const whole = { fields, desired, target, rules: { key: 'id', retire: { left: true }, retireFor: ['lapsed'] } } as const

/** A definition that the compiler would refuse, as plain JavaScript would pass it. */
const load = (definition: object): unknown => sync(definition as typeof whole)
const issuesOf = (definition: object): unknown => {
  try {
    load(definition)
    return []
  } catch (error) {
    return error instanceof Error && 'issues' in error ? error.issues : error
  }
}

describe('a sync of one field table', () => {
  it('loads when all of it is of this table', () => {
    expect(sync(whole)).toMatchObject({ kind: 'sync', desired, target })
    expect(
      sync({ ...whole, limits: { fields: { level: { count: 1 } } }, readBack: 0, after: [], onlyTied: false }),
    ).toMatchObject({ readBack: 0, after: [], onlyTied: false, limits: { fields: { level: { count: 1 } } } })
  })

  it('also over a target that holds more, and a processor that says nothing of its fields', () => {
    const more = targetOf({ types: { ...fields, note: text() } })
    expect(issuesOf({ ...whole, target: more, desired: sourceOf<Desired>('seats'), rules: { key: 'id' } })).toEqual([])
  })

  it.each([
    [{ rules: { key: 'id', retire: 'remove', retireFor: ['gone', 'lapsed'] } }],
    [{ desired: { ...desired, words: undefined }, rules: { key: 'id', retireFor: ['whatever'] } }],
    [{ rules: { key: 'id', ids: { level: ['SFA-14'] } } }],
    // They look at a record as a whole, or as JavaScript does.
    [{ rules: { key: 'id', owns: (record: object) => JSON.stringify(record) !== '' } }],
    [{ rules: { key: 'id', owns: (record: Iterable<string>) => record[Symbol.iterator] !== undefined } }],
    [
      {
        rules: {
          key: 'id',
          owns: (record: { hasOwnProperty: (name: string) => boolean }) => record.hasOwnProperty('x'),
        },
      },
    ],
  ])('takes %j', (more) => {
    expect(issuesOf({ ...whole, ...more })).toEqual([])
  })

  const issue = (where: string, message: string, hint?: string) => ({
    code: 'CONFIG_INVALID',
    where,
    message,
    ...(hint !== undefined && { hint }),
  })

  it.each([
    [{ limit: { retire: 0.1 } }, issue('sync', 'has no option "limit"', 'Did you mean "limits"?')],
    [
      { rules: { key: 'id', protect: () => true } },
      issue('sync.rules', 'has no option "protect"', 'Did you mean "protects"?'),
    ],
    [{ readBack: 10 }, issue('sync.readBack', 'must be <= 1')],
    [{ onlyTied: 'no' }, issue('sync.onlyTied', 'must be boolean')],
    [{ rules: { key: 'id', takesOver: 1 } }, issue('sync.rules.takesOver', 'must be boolean')],
    [{ rules: { key: 'ids' } }, issue('rules.key', 'there is no ids', 'Did you mean "id"?')],
    [
      { rules: { key: ['id', 'seat_number'] } },
      issue('rules.key', 'there is no seat_number', 'There are: id, level, left.'),
    ],
    [{ rules: { key: 'left' } }, issue('rules.key', 'left is checkbox, which cannot say whose record it is')],
    [{ rules: { key: 'id', unique: 'lvel' } }, issue('rules.unique', 'there is no lvel', 'Did you mean "level"?')],
    [{ rules: { key: 'id', adopt: ['lft'] } }, issue('rules.adopt', 'there is no lft', 'Did you mean "left"?')],
    [{ rules: { key: 'id', retire: { lft: true } } }, issue('rules.retire', 'there is no lft', 'Did you mean "left"?')],
    [
      { rules: { key: 'id', ids: { lvel: ['SFA-14'] } } },
      issue('rules.ids', 'there is no lvel', 'Did you mean "level"?'),
    ],
    // Whatever retires nobody, or guards nobody, without a word.
    [
      { rules: { key: 'id', retire: true } },
      issue('sync.rules.retire', "must be 'remove', or fields and their values"),
    ],
    [{ rules: { key: 'id', retire: {} } }, issue('sync.rules.retire', 'must NOT have fewer than 1 properties')],
    [{ rules: { key: 'id', retire: { left: 'true' } } }, issue('rules.retire', 'left must be true or false')],
    [{ rules: { key: 'id', adopt: 'level' } }, issue('sync.rules.adopt', 'must be a list of texts')],
    [{ rules: { key: 'id', retireFor: 'lapsed' } }, issue('sync.rules.retireFor', 'must be a list of texts')],
    [
      { rules: { key: 'id', protects: ({ levl }: { levl: string }) => levl === 'gold' } },
      issue('rules.protects', 'there is no levl', 'Did you mean "level"?'),
    ],
    [
      { rules: { key: 'id', owns: (record: { Id: { length: number } }) => record.Id.length > 1 } },
      issue('rules.owns', 'there is no Id', 'Did you mean "id"?'),
    ],
    [
      { rules: { key: 'id', holds: () => 'lapsed' } },
      issue('rules.words', 'is missing: it says what the reasons of holds mean'),
    ],
    [
      { rules: { key: 'id', retireFor: ['lapsd'] } },
      issue('rules.retireFor', 'there is no lapsd', 'Did you mean "lapsed"?'),
    ],
    [
      { limits: { fields: { levl: { count: 1 } } } },
      issue('limits.fields', 'there is no levl', 'Did you mean "level"?'),
    ],
    [
      { desired: { ...desired, types: typesOf({ ...fields, aar: text() }) } },
      issue('desired', 'there is no aar', 'There are: id, level, left.'),
    ],
    [
      { desired: { ...desired, types: typesOf({ level: text() }) } },
      issue('desired', 'level is text, and dropdown in the table'),
    ],
    [
      { target: targetOf({ types: { id: text(), level: dropdown() } }) },
      issue('target', 'there is no left', 'There are: id, level.'),
    ],
    [
      { target: targetOf({ types: { ...fields, level: text() } }) },
      issue('target', 'level is text, and dropdown in the table'),
    ],
  ])('refuses %j', (wrong, expected) => {
    expect(issuesOf({ ...whole, ...wrong })).toEqual([expected])
  })

  it.each([
    [{ retire: 5 }, 'limits.retire.share', 'must be <= 1'],
    [{ update: -0.1 }, 'limits.update.share', 'must be >= 0'],
    [{ retire: Number.NaN }, 'limits.retire.share', 'must be number'],
    [{ retire: '5%' }, 'limits.retire', 'must be a share, or { share, least, count }'],
    [{ fields: { level: 0.02 } }, 'limits.fields.level', 'must be { share, least, count, order }'],
    [{ retire: { least: 5 } }, 'limits.retire', 'lacks "share"'],
    [{ create: {} }, 'limits.create', 'lacks "share"'],
    [{ remove: { count: 2.5 } }, 'limits.remove.count', 'must be integer'],
    [{ drop: 20 }, 'limits.drop', 'must be <= 1'],
    [{ floor: -1 }, 'limits.floor', 'must be >= 0'],
    [{ fields: { level: {} } }, 'limits.fields.level', 'lacks "share"'],
    [{ fields: { level: { share: 2 } } }, 'limits.fields.level.share', 'must be <= 1'],
    [{ fields: { level: { count: 0, order: [] } } }, 'limits.fields.level.order', 'must NOT have fewer than 1 items'],
    [{ fields: { level: { count: 0, order: 'days' } } }, 'limits.fields.level.order', 'must be equal to constant'],
  ])('SAFE-01: refuses limits that would guard nothing: %j', (limits, where, message) => {
    const hint = 'A share is a part of one: 0.05 is 5 %. A number of records is { count: 5 }.'
    expect(issuesOf({ ...whole, limits })).toEqual([issue(where, message, hint)])
  })

  it('SAFE-01: refuses a limit of another name, and takes all that can be meant', () => {
    const hint = 'Did you mean "retire"?'
    expect(issuesOf({ ...whole, limits: { retires: 0.1 } })).toEqual([issue('limits', 'has no option "retires"', hint)])
    const order = ['gold', null]
    const all = { create: { share: 0.5, least: 3 }, update: 1, retire: 0, remove: { count: 0 }, floor: 0, drop: 0 }
    const fields = { level: { share: 0, least: 2, count: 9, order }, left: { count: 0, order: 'dates' } }
    expect(issuesOf({ ...whole, limits: { ...all, firstRun: true, fields } })).toEqual([])
  })

  it('tells all slips at once, and which sync it is', () => {
    const wrong = { ...whole, rules: { key: 'ids', unique: 'nme' }, limits: { fields: { levl: { count: 1 } } } }
    expect(issuesOf(wrong)).toHaveLength(3)
    expect(() => load(wrong)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'The sync of global organizations does not fit its fields',
      }) as Error,
    )
  })
})

/** What stands before each of the snippets below. */
const BEFORE = `import { checkbox, dropdown, records, sync, text, typesOf, type Desired, type JsonObject, type Processor, type Source, type Sync, type Target, type TypesOf } from 'zds'
import { zendesk } from 'zds/zendesk-target'
declare const instance: ReturnType<typeof zendesk>
declare const rows: Source<JsonObject>
declare const anyProcessor: Processor
declare const anyTarget: Target
const fields = { id: text('Id'), level: dropdown('Level'), left: checkbox() }
const target = instance.organizations({ fields })
const elsewhere = { rows, reason: 'lapsed', means: 'was not renewed' } as const
const desired = records({ name: 'seats', rows, key: 'Id', fields, elsewhere })
const limits = { retire: 0.1 }
`

const good = [
  `sync({ fields, desired, target, limits, rules: { key: ['id', 'level'], retire: { left: true }, retireFor: ['gone', 'lapsed'] } })`,
  `sync({ fields, desired, target, rules: { key: 'id', owns: ({ level }) => level === 'gold' }, limits: { fields: { level: { count: 1 } } } })`,
  `sync({ fields, desired: anyProcessor, target: anyTarget, rules: { key: 'id', retireFor: ['whatever'] } })`,
]
const bad = {
  'a key of a type that can be none': `sync({ fields, desired, target, rules: { key: 'left' } })`,
  'a slip in the key': `sync({ fields, desired, target, rules: { key: 'ids' } })`,
  'a slip in several': `sync({ fields, desired, target, rules: { key: ['id', 'levl'] } })`,
  'a slip in retireFor': `sync({ fields, desired, target, rules: { key: 'id', retireFor: ['lapsd'] } })`,
  'a slip in retire': `sync({ fields, desired, target, rules: { key: 'id', retire: { lft: true } } })`,
  'a slip in limits.fields': `sync({ fields, desired, target, rules: { key: 'id' }, limits: { fields: { levl: { count: 1 } } } })`,
  'a processor of another field table': `sync({ fields, target, rules: { key: 'id' }, desired: records({ name: 's', rows, key: 'Id', fields: { ...fields, aar: text('A') } }) })`,
  'a processor with a field of another type': `sync({ fields, target, rules: { key: 'id' }, desired: records({ name: 's', rows, key: 'Id', fields: { level: checkbox('L') } }) })`,
  'a target without one of the fields': `sync({ fields, desired, rules: { key: 'id' }, target: instance.organizations({ fields: { id: text(), level: dropdown() } }) })`,
  'a target with a field of another type': `sync({ fields, desired, rules: { key: 'id' }, target: instance.organizations({ fields: { ...fields, left: text() } }) })`,
}

describe('the compiler', () => {
  it('takes what is of one table, and refuses each slip', async () => {
    const directory = mkdtempSync(join(ROOT, 'test/.tmp-sync-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const files = [
      ...good.map((body, at) => [`good-${at}.ts`, body] as const),
      ...Object.entries(bad).map(([what, body]) => [`${what.replaceAll(' ', '-')}.ts`, body] as const),
    ]
    for (const [file, body] of files)
      writeFileSync(join(directory, file), `${BEFORE}export const made: Sync = ${body}\n`)
    const errors = await typeErrorsIn(
      directory,
      files.map(([file]) => file),
    )
    const refused = new Set([...errors.matchAll(/([\w.-]+)\.ts\(\d+,\d+\): error/g)].map(([, file = '']) => file))
    expect([...refused].toSorted(), errors).toEqual(
      Object.keys(bad)
        .map((what) => what.replaceAll(' ', '-'))
        .toSorted(),
    )
  }, 60_000)
})
