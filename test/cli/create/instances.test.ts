import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { Config } from 'zds'
import { configFor, instancesFrom } from '../../../src/cli/create/instances.ts'
import { settingsIn } from '../../../src/cli/create/settings.ts'
import { stages } from '../../../src/core/config/stages.ts'
import { ROOT, textOf } from '../../docs/pages.ts'
import { typeErrorsIn } from '../../docs/types.ts'

const reference = textOf('sync.config.ts')
const configOf = (list: string): string => configFor(instancesFrom(list), reference)

describe('a configuration of chosen instances', () => {
  const chosen: [list: string, applies: string[]][] = [
    ['global,us-gov', ['global', 'partners', 'us-gov', 'us-gov-users']],
    ['global', ['global', 'partners']],
    ['us_gov', ['us-gov', 'us-gov-users']],
    ['eu-west', ['eu-west']],
    ['emea=us-gov,global,eu-west', ['emea', 'emea-users', 'eu-west', 'global', 'partners']],
  ]
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(ROOT, 'test/.tmp-create-'))
    for (const [list] of chosen) {
      mkdirSync(join(directory, list))
      writeFileSync(join(directory, list, 'sync.config.ts'), configOf(list))
    }
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('compiles', async () => {
    const files = chosen.map(([list]) => `${list}/sync.config.ts`)
    expect(await typeErrorsIn(directory, files)).toBe('')
  }, 60_000)

  it.each(chosen)('%s has a sync for each of them, and nothing of others', async (list, applies) => {
    const file = pathToFileURL(join(directory, list, 'sync.config.ts')).href
    const { default: config } = (await import(file)) as { default: Config } // it was just compiled
    const found = stages(config).filter(({ kind }) => kind === 'apply')
    expect(found.map(({ id }) => id.replace('apply:', '')).toSorted()).toEqual(applies)
    const instances = new Set(instancesFrom(list).map(({ name }) => name))
    const others = ['global', 'us-gov'].filter((other) => !instances.has(other))
    const ids = stages(config).map(({ id }) => id)
    expect(ids.filter((id) => others.some((other) => id.includes(`:${other}`)))).toEqual([])
  })

  it('imports nothing that it does not use', () => {
    const unused = chosen.flatMap(([list]) => {
      const code = configOf(list)
      return [...code.matchAll(/^import \{([^}]*)\} from '[^']+'\n/gm)].flatMap(([whole, names = '']) =>
        [...names.matchAll(/(\w+),?(?= |\n|$)/g)]
          .map(([, name = '']) => name)
          .filter((name) => name !== 'type' && !new RegExp(`\\b${name}\\b`).test(code.replace(whole, ''))),
      )
    })
    expect(unused).toEqual([])
  })

  it('of the instances of the reference is the reference, but for what it says of itself', () => {
    const headless = (code: string): string => code.slice(code.indexOf('*/'))
    expect(headless(configOf('global,us-gov'))).toBe(headless(reference))
  })

  it('has below the heading of each instance what is of this one', () => {
    const [, ...sections] = configOf('global,us-gov,emea').split(/^\/\/ --- /m)
    const syncs = sections.map((section) => [
      section.split(/[ :-]*\n|:/)[0],
      section.match(/(?<=const )\w+(?= = customers)/g),
    ])
    expect(syncs.filter(([, some]) => some !== null)).toEqual([
      ['Zendesk Global', ['global']],
      ['Zendesk emea', ['emea']],
      ['Zendesk US Government', ['usGov']],
    ])
  })

  it('says of each table which of its own instances it is for', () => {
    const named = (list: string): Set<string> =>
      new Set([...configOf(list).matchAll(/(?:OrganizationFields|OptionOf)<([^>,]+)/g)].map(([, names = '']) => names))
    expect(named('eu-west')).toEqual(new Set([`'eu-west'`]))
    expect(named('emea=us-gov,global')).toEqual(new Set([`'global' | 'emea'`, `'emea'`, `'global'`]))
  })

  it('reads the variables of its own instances, and of no others', () => {
    const zendesk = (list: string): string[] =>
      settingsIn(configOf(list)).flatMap(({ name }) => /^ZENDESK_(\w+)_URL$/.exec(name)?.[1] ?? [])
    expect(zendesk('eu-west,us-gov')).toEqual(['EU_WEST', 'US_GOV'])
    expect(configOf('eu-west')).not.toMatch(/ZENDESK_GLOBAL|ZENDESK_US_GOV/)
  })

  it('has a block for each instance, however they are called', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/).map((text) => `q${text}`)
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('-'))
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), (names) => {
        const code = configOf(names.join(','))
        for (const one of names) expect(code.split(`  name: '${one}',`)).toHaveLength(2)
        expect(code.split("side: 'global'")).toHaveLength(names.length + 1)
      }),
      { numRuns: 50 },
    )
  })
})

test('--instances that cannot be used are all named at once', () => {
  expect(() => instancesFrom('global,global,emea=pluto')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      issues: [expect.objectContaining({ where: 'global' }), expect.objectContaining({ where: 'emea' })],
    }),
  )
  expect(() => instancesFrom('EMEA!')).toThrow(/can be no name/)
  expect(() => instancesFrom('default')).toThrow(/word of the language/)
  for (const taken of ['customer', 'zendesk', 'text', 'global,partners', 'global,plans'])
    expect(() => configOf(taken), taken).toThrow(/--instances cannot be used/)
})
