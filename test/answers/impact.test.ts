import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { edit, expectRefusal, file, running } from '../cli/scratch.ts'
import { writesOf } from '../support/faults.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')
const asOf = ['--as-of', expected.asOf]

type Impact = {
  readonly syncs: readonly {
    readonly name: string
    readonly changes: readonly { key: string; field: string; base: unknown; now: unknown }[]
    readonly appear: readonly string[]
    readonly disappear: readonly string[]
  }[]
  readonly causes?: readonly { sync: string; field: string; rules: string[]; keys: string[] }[]
}

let sandbox: Sandbox
let here: Project
let plan: Plan
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', here.directory, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
    encoding: 'utf8',
  })

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project(sandbox.env)
  copyFileSync(environment.SUPPORT_PLANS, join(here.directory, 'data/plans.yaml'))
  copyFileSync(environment.SUPPORT_OVERRIDES, join(here.directory, 'data/overrides.yaml'))
  writeFileSync(join(here.directory, '.gitignore'), '.zds/\n')
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '.')
  git('commit', '--quiet', '--message', 'The base')
  const result = await here.zds('plan', '--json', ...asOf, '--out', 'first.json')
  plan = JSON.parse(result.stdout) as Plan // what --json prints
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

/** What a person has changed since the base; undone when the work is. */
async function changed<Made>(changes: readonly ((directory: string) => void)[], work: () => Promise<Made>) {
  for (const change of changes) change(here.directory)
  const before = [git('status', '--porcelain'), git('worktree', 'list'), readdirSync(join(here.directory, '.zds'))]
  try {
    return await work()
  } finally {
    const left = readdirSync(join(here.directory, '.zds'))
    expect([git('status', '--porcelain'), git('worktree', 'list'), left]).toEqual(before)
    git('checkout', '--quiet', '--', '.')
  }
}

/** Without a secret, as whoever looks at a merge request. */
const offline = (...args: readonly string[]): Promise<Result> => {
  const known = Object.entries(sandbox.env).filter(([name]) => !/SECRET|TOKEN/.test(name))
  return running(here, Object.fromEntries(known), 'impact', '--from', 'last', ...args).ended
}

function impactIn({ code, stdout, stderr }: Result, exit = 0): Impact {
  expect(code, stderr).toBe(exit)
  return JSON.parse(stdout) as Impact // what --json prints
}

const updated = () => String([...(plan.syncs[0]?.changes ?? [])].find(({ op }) => op === 'update')?.key)
const override = () =>
  file('data/overrides.yaml', `- salesforce_id: ${updated()}\n  reason: a test\n  set: { support_hold: true }\n`)

describe('zds impact', () => {
  test('of no change is nothing', async () => {
    const asked = sandbox.requests.length
    const { syncs } = impactIn(await offline('--base', 'main', '--json', '--detailed-exitcode'))
    expect(syncs.map(({ name }) => name)).toEqual(['global', 'us-gov', 'partners', 'us-gov-users'])
    for (const sync of syncs) expect(sync).toMatchObject({ changes: [], appear: [], disappear: [] })
    expect(sandbox.requests).toHaveLength(asked)
  })

  test('of an override is the fields that it sets, and nothing else', async () => {
    await changed([override()], async () => {
      const { syncs, causes } = impactIn(await offline('--base', 'main', '--json', '--detailed-exitcode'), 2)
      expect(syncs.flatMap(({ changes }) => changes)).toEqual([
        { key: updated(), field: 'support_hold', base: false, now: true },
      ])
      expect(causes).toEqual([{ sync: 'global', field: 'support_hold', rules: ['OVR-03'], keys: [updated()] }])
      const text = await offline('--base', 'HEAD')
      expect(text.stdout).toBe(
        `global: 1 record otherwise\n  support_hold: 1 record, by OVR-03\n    ${updated()}  false -> true\n`,
      )
      const comment = await offline('--base', 'HEAD', '--markdown')
      expect(comment.stdout).toContain('| global | 1 record otherwise |')
    })
  })

  test('of a confined instance is numbers in a comment, also where either side confines it no more (OPS-08)', async () => {
    const gov = plan.syncs.find(({ name }) => name === 'us-gov')
    const key = String([...(gov?.changes ?? [])].find(({ op }) => op === 'update')?.key)
    const entry = `- salesforce_id: ${key}\n  instance: us_gov\n  reason: a test\n  set: { support_hold: true }\n`
    const told = file('data/overrides.yaml', entry)
    await changed([told, edit('  confined: true,\n', '')], async () => {
      const comment = await offline('--base', 'main', '--markdown')
      expect(comment.stdout).toMatch(/^\| us-gov \| \d+ records? otherwise/m)
      expect(comment.stdout).not.toContain(key)
      expect(comment.stdout).not.toContain('#### us-gov')
    })
  })

  test('of a rule is records that come and go: the base has its own configuration and files', async () => {
    const creates = [...(plan.syncs[0]?.changes ?? [])].filter(({ op }) => op === 'create').map(({ key }) => key) ?? []
    expect(creates).not.toEqual([])
    const none = edit(`support_level === 'expired' ?`, 'support_level !== null ?')
    await changed([none], async () => {
      const { syncs } = impactIn(await offline('--base', 'main', '--json'))
      expect(syncs[0]).toMatchObject({ name: 'global', changes: [], appear: [], disappear: creates.toSorted() })
    })
  })

  test('of a name in the plans file is told by the rules that it goes through, of many records by a few', async () => {
    const renamed = edit('"Self-Managed - Premium - 1 Year"', '"Another name"', 'data/plans.yaml')
    await changed([renamed], async () => {
      const { syncs, causes: all = [] } = impactIn(await offline('--base', 'main', '--json'))
      const [{ changes } = { changes: [] }] = syncs
      const causes = all.filter(({ sync }) => sync === 'global')
      const keysOf = (field: string): string[] => changes.filter((one) => one.field === field).map(({ key }) => key)
      const rulesOf = (field: string) => causes.filter((one) => one.field === field).map(({ rules }) => rules)
      expect(keysOf('support_level').length).toBeGreaterThan(2)
      expect(rulesOf('support_level')).toEqual([['PROC-30']])
      expect(rulesOf('sub_sm_premium')).toEqual([['PROC-16']])
      for (const { field, keys } of causes) expect(keysOf(field)).toEqual(expect.arrayContaining(keys))
      const text = (await offline('--base', 'main')).stdout
      expect(text).toMatch(/^ {2}support_level: \d+ records, by PROC-30$/m)
    })
  })

  test('gathers once, and what only the base asks for besides; writes nothing and tells nobody', async () => {
    const without = edit(`  org_region: dropdown(fact('region')),\n`, '')
    await changed([without, override()], async () => {
      const before = sandbox.requests.length
      const result = await here.zds('impact', '--base', 'main', '--json', ...asOf)
      const { syncs } = impactIn(result)
      expect(syncs[0]?.changes).toContainEqual({ key: updated(), field: 'support_hold', base: false, now: true })
      const asked = sandbox.requests.slice(before).map(({ service, path }) => `${service} ${path}`)
      const listings = (of: string): number => asked.filter((one) => one === of).length
      expect(listings('us_gov /api/v2/organizations')).toBe(1)
      expect(asked.filter((one) => one.startsWith('slack'))).toEqual([])
      expect(writesOf(sandbox)).toEqual([])
      expect(readdirSync(join(here.directory, '.zds/runs'))).toHaveLength(1)
    })
  })

  test('refuses a run that lacks what is asked for today, by the stage and the field', async () => {
    await changed(
      [edit('  support_hold: checkbox', `  another: text('Name'),\n  support_hold: checkbox`)],
      async () => {
        const result = await offline('--base', 'main')
        expectRefusal(result, 'ARTIFACT_MISFIT')
        expect(result.stderr).toMatch(/gather:\S+-organizations was gathered by run \S+ without another/)
      },
    )
  })

  test('says what is wrong with the base as that: the files of today are right', async () => {
    for (const [name, broken, code] of [
      ['misfit.config.ts', `fact('ar')`, 'CONFIG_INVALID'],
      ['broken.config.ts', 'fact(', 'CONFIG_BROKEN'],
    ] as const) {
      copyFileSync(join(here.directory, 'sync.config.ts'), join(here.directory, name))
      edit(`fact('arr')`, broken, name)(here.directory)
      const result = await offline('--base', name)
      rmSync(join(here.directory, name))
      expectRefusal(result, code)
      expect(result.stderr).toContain(`Error [${code}] In `)
      expect(result.stderr).toMatch(new RegExp(`${name}, the base: `))
    }
  })

  test('names a base that is not there', async () => {
    const result = await offline('--base', 'no-such-branch')
    expectRefusal(result, 'USAGE')
    expect(result.stderr).toContain('no-such-branch is neither a file nor a reference of git that is known here\n')
  })

  test('says why git tells nothing: the files of a container belong to somebody else, mostly', async () => {
    const env = { ...sandbox.env, GIT_DIR: '/nowhere' }
    const { stderr } = await running(here, env, 'impact', '--base', 'main', '--from', 'last').ended
    expect(stderr).toMatch(/main is neither a file nor a reference .* \(fatal: not a git repository.*\)/)
  })
})

describe('zds diff', () => {
  test('says what one plan has otherwise than another', async () => {
    await changed([override()], async () => {
      const planned = await here.zds('plan', '--from', 'last', '--out', 'second.json')
      expect(planned, planned.stderr).toMatchObject({ code: 0 })
      const result = await here.zds('diff', 'first.json', 'second.json', '--json', '--detailed-exitcode')
      expect(result, result.stderr).toMatchObject({ code: 2 })
      const { differences } = JSON.parse(result.stdout) as { differences: { path: string[]; kind: string }[] } // likewise
      expect(differences).toContainEqual({
        path: ['syncs', 'global', 'changes', updated(), 'fields', 'support_hold'],
        kind: 'added',
        from: null,
        to: { from: false, to: true },
      })
      const text = await here.zds('diff', 'first.json', 'second.json')
      expect(text.stdout).toContain(`+ syncs › global › changes › ${updated()} › fields › support_hold`)
      rmSync(join(here.directory, 'second.json'))
    })
    const same = await here.zds('diff', 'first.json', 'first.json')
    expect(same).toMatchObject({ code: 0, stdout: 'The plans are the same\n' })
  })
})
