import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ZdsError, type Config, type Desired, type Processor, type Sight, type Source, type Values } from 'zds'
import { fakeClock } from 'zds/testing'
import {
  declaredBy,
  diagnose,
  diagnosisOf,
  missingOf,
  validate,
  type Asking,
} from '../../../src/core/answers/diagnose.ts'
import { localState } from '../../../src/core/state/local.ts'
import { sourceOf, stream, syncOf, targetOf } from '../../support/syncs.ts'

afterEach(() => void vi.unstubAllEnvs())

const ok = (where: string): Sight => ({ level: 'ok', where, message: 'is well' })
const warns = (where: string, more: object = {}): Sight => ({
  level: 'warning',
  code: 'ORDER_LACKS',
  where,
  message: 'will end one day',
  ...more,
})

function askingOf(config: Config): Asking & { readonly stop: (reason: Error) => void } {
  const controller = new AbortController()
  const { signal } = controller
  return { config, clock: fakeClock(), signal, progress: () => undefined, stop: (reason) => controller.abort(reason) }
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'zds-diagnose-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A configuration of one sync, whose parts are these. */
function configOf(
  source: Partial<Source> = {},
  processor: Partial<Processor> = {},
  target: object = {},
  more: Partial<Config> = {},
): Config {
  const accounts = { ...sourceOf('accounts'), ...source }
  const desired: Processor = { ...sourceOf<Desired>('customers'), needs: [accounts], ...processor }
  return {
    sources: { accounts },
    processors: { customers: desired },
    targets: { global: syncOf({}, { desired, target: { ...targetOf(), ...target } }) },
    ...more,
  }
}

const stages = { level: 'ok', where: 'graph', message: '5 stages of 1 syncs' }
const nothing = { findings: [], silenced: [] }

describe('zds validate asks no service and no variable', () => {
  it('and says what its files are', async () => {
    const asked: string[] = []
    const source: Partial<Source> = {
      inspect: () => stream([ok('plans.yaml'), warns('')]),
      check: async () => void asked.push('check') as never,
      diagnose: () => stream([ok(asked.splice(0).join())]),
    }
    const found = await validate(askingOf(configOf(source)), [{ name: 'more', sights: () => stream([ok('')]) }])
    expect(asked).toEqual([])
    expect(found).toEqual({
      findings: [
        {
          id: 'order-lacks:accounts',
          level: 'warning',
          where: 'accounts',
          message: 'will end one day',
          hint: 'What ORDER_LACKS means is in docs/errors.md.',
        },
      ],
      silenced: [],
      ticks: [stages, ok('plans.yaml'), ok('more')],
    })
  })

  it('AMB-11: and which values an order of a limit does not have', async () => {
    const order = ['none', 'gold']
    const limits = {
      fields: { support_level: { order, count: 5 }, aar: { count: 5 }, name: { order, count: 5 } },
    } as const
    const values: Values = { support_level: ['gold', 'silver', 'bronze'], aar: ['1'], name: ['gold'] }
    const desired: Processor = { ...sourceOf<Desired>('customers'), values: async () => values }
    const broken: Processor = { ...sourceOf<Desired>('others'), values: () => Promise.reject(new Error('no file')) }
    const target = targetOf()
    const config: Config = {
      sources: {},
      targets: {
        global: syncOf({ limits }, { desired, target }),
        others: syncOf({ limits }, { desired: broken, target }),
      },
    }
    expect((await validate(askingOf(config))).findings).toEqual([
      {
        id: 'order-lacks:global-limits-fields-support_level-order',
        level: 'warning',
        where: 'global: limits.fields.support_level.order',
        message: 'does not have silver, bronze, so that a fall from there counts as a rise',
        hint: 'Add it where it belongs.',
      },
    ])
  })

  it('SAFE-09: and what is set and cannot be used', async () => {
    vi.stubEnv('ZDS_PLAN_KEY', 'short')
    const setting = { name: 'ALLIANCE', read: () => '', peek: () => '' }
    const issue = { code: 'ENV_INVALID', where: 'ALLIANCE', message: 'is no id', hint: 'Copy it.' } as const
    const config: Config = {
      sources: {},
      targets: { global: syncOf({ guards: [{ setting: { ...setting, issues: () => [issue] } }] }) },
    }
    const { code: _, ...said } = issue
    expect((await validate(askingOf(config))).findings).toMatchObject([
      { id: 'env-invalid:ZDS_PLAN_KEY', level: 'error' },
      { ...said, id: 'env-invalid:ALLIANCE', level: 'error' },
    ])
  })
})

describe('zds doctor asks everything, and nothing that fails keeps it from the rest (SAFE-07)', () => {
  it('all is well: a tick for each thing that was looked at', async () => {
    const config = configOf(
      {
        check: async () => [],
        inspect: () => stream([ok('plans.yaml'), { ...ok('plans.yaml'), message: 'is well again' }]),
        diagnose: () => stream([ok('sales')]),
      },
      {},
      { diagnose: () => stream([ok('desk')]) },
      { hooks: { chat: { kind: 'observer', diagnose: () => stream([ok('')]) }, silent: { kind: 'observer' } } },
    )
    expect(
      await diagnose(askingOf(config), directory(), [{ name: 'more', sights: () => stream([ok('more')]) }]),
    ).toEqual({
      ...nothing,
      ticks: [
        stages,
        ok('plans.yaml'),
        ok('sales'),
        ok('desk'),
        ok('chat'),
        { level: 'ok', where: 'state', message: 'opens; runs kept: 0' },
        ok('more'),
      ],
    })
  })

  it('errors go first; each is told once, has its place without lines as its id, and says what to do', async () => {
    const missing = { code: 'ENV_MISSING', where: 'DESK_TOKEN', message: 'is not set' } as const
    const system = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
      errno: -1,
    })
    const config = configOf(
      {
        inspect: () => stream([warns('data/plans.yaml:12:3', { hint: 'Move it.' }), warns('data/plans.yaml:12:3')]),
        check: async () => [missing],
      },
      { check: () => Promise.reject(new ZdsError('AUTH_FAILED', 'wrong password', { hint: 'Look it up.' })) },
      { check: async () => [missing], diagnose: () => stream([Promise.reject(system)] as never) },
    )
    const { findings, silenced } = await diagnose(askingOf(config), directory())
    expect(silenced).toEqual([])
    expect(findings).toEqual([
      {
        id: 'env-missing:DESK_TOKEN',
        level: 'error',
        where: 'DESK_TOKEN',
        message: 'is not set',
        hint: expect.stringContaining('Set the variables in the environment') as string,
      },
      {
        id: 'auth-failed:customers',
        level: 'error',
        where: 'customers',
        message: 'wrong password',
        hint: 'Look it up.',
      },
      {
        id: 'system:organizations',
        level: 'error',
        where: 'organizations',
        message: 'connect ECONNREFUSED',
        hint: 'What SYSTEM means is in docs/errors.md.',
      },
      {
        id: 'order-lacks:data-plans-yaml',
        level: 'warning',
        where: 'data/plans.yaml:12:3',
        message: 'will end one day',
        hint: 'Move it.',
      },
    ])
  })

  it('one that is silenced is told apart, with the reason', async () => {
    const silenced = { 'order-lacks:accounts': 'until May' }
    const config = configOf({ inspect: () => stream([warns(''), warns('[else].')]) }, {}, {}, { silenced })
    const found = await diagnose(askingOf(config), directory())
    expect(found.findings.map(({ id }) => id)).toEqual(['order-lacks:else'])
    expect(found.silenced).toEqual([
      {
        id: 'order-lacks:accounts',
        level: 'warning',
        where: 'accounts',
        message: 'will end one day',
        hint: 'What ORDER_LACKS means is in docs/errors.md.',
        because: 'until May',
      },
    ])
  })

  it('a target is asked with the values that all of its syncs may write', async () => {
    const asked = new Map<string, Values>()
    const targetNamed = (name: string) => ({
      ...targetOf({ name, address: `https://${name}.example` }),
      diagnose: (_run: unknown, values: Values) => {
        asked.set(name, values)
        return stream<Sight>([])
      },
    })
    const [target, other] = [targetNamed('organizations'), targetNamed('others')]
    const wants = (name: string, values?: () => Promise<Values>): Processor => ({
      ...sourceOf<Desired>(name),
      ...(values && { values }),
    })
    const config: Config = {
      sources: {},
      targets: {
        one: syncOf({}, { target, desired: wants('one', async () => ({ level: ['a', 'b'], type: ['x'] })) }),
        two: syncOf({}, { target, desired: wants('two', async () => ({ level: ['b', 'c'] })) }),
        three: syncOf({}, { target, desired: wants('three', () => Promise.reject(new Error('no file'))) }),
        four: syncOf({}, { target: other, desired: wants('four') }),
      },
    }
    await diagnose(askingOf(config), directory())
    expect(Object.fromEntries(asked)).toEqual({
      organizations: { level: ['a', 'b', 'c'], type: ['x'] },
      others: {},
    })
  })

  it('two instances with one address are an error; a state that cannot be opened is one too', async () => {
    const there = { ...targetOf({ name: 'copied' }), instance: 'copy' }
    const config: Config = {
      sources: {},
      targets: { global: syncOf(), copy: syncOf({}, { target: there, desired: sourceOf<Desired>('others') }) },
      state: () => Promise.reject(new ZdsError('STATE_UNAVAILABLE', 'nobody answers')),
    }
    const { findings, ticks } = await diagnose(askingOf(config), directory())
    expect(findings.map(({ id, message }) => [id, message])).toEqual([
      ['config-invalid:global-and-copy', 'have one address, so each would undo what the other does'],
      ['state-unavailable:state', 'nobody answers'],
    ])
    expect(ticks.map(({ where }) => where)).toEqual(['graph'])
  })

  it('the state is that of the configuration, and is closed again', async () => {
    const here = directory()
    const closed: string[] = []
    const state = (asked: string) => {
      const opened = localState(asked)
      return { ...opened, close: () => opened.close().then(() => void closed.push(asked)) }
    }
    await diagnose(askingOf(configOf({}, {}, {}, { state })), here)
    expect(closed).toEqual([here])
  })

  it('what is no error that a person can act on is thrown, and so is the reason of an abort', async () => {
    const bug = new TypeError('undefined is no function')
    await expect(diagnose(askingOf(configOf({ check: () => Promise.reject(bug) })), directory())).rejects.toBe(bug)
    const enough = new Error('enough')
    const stopped = configOf({
      check: () => {
        asking.stop(enough)
        return Promise.reject(new ZdsError('AUTH_FAILED', 'wrong password'))
      },
    })
    const asking = askingOf(stopped)
    await expect(diagnose(asking, directory())).rejects.toBe(enough)
  })
})

describe('what targets lack, and what sources know', () => {
  const field = {
    instance: 'global',
    resource: 'organizations',
    field: 'level',
    type: 'tagger',
    options: ['a'],
  } as const
  const lacks = { ...field, what: 'field', curl: 'curl', terraform: 'tf' } as const

  it('is asked of each target once, with the values of its syncs; why one cannot tell is an error', async () => {
    const values: Values = { level: ['a'] }
    const asked: Values[] = []
    const target = {
      ...targetOf(),
      missing: async (_run: unknown, of: Values) => {
        asked.push(of)
        return [lacks]
      },
    }
    const desired: Processor = { ...sourceOf<Desired>('customers'), values: async () => values }
    const down = {
      ...targetOf({ name: 'others', address: 'https://other.example' }),
      missing: () => Promise.reject(new ZdsError('AUTH_FAILED', 'wrong password')),
    }
    const none = targetOf({ name: 'none', address: 'https://none.example' })
    const config: Config = {
      sources: {},
      targets: {
        one: syncOf({}, { target, desired }),
        two: syncOf({}, { target }),
        three: syncOf({}, { target: down }),
        four: syncOf({}, { target: none }),
      },
    }
    const { missing, diagnosis } = await missingOf(askingOf(config))
    expect([missing, asked]).toEqual([[lacks], [values]])
    expect(diagnosis.findings.map(({ id }) => id)).toEqual(['auth-failed:others'])
  })

  it('AMB-04: where the files of a processor are wrong, that is told rather than asked around', async () => {
    const desired: Processor = {
      ...sourceOf<Desired>('customers'),
      values: () => Promise.reject(new ZdsError('FILE_INVALID', 'a slip', { issues: [] })),
    }
    const target = { ...targetOf(), missing: async () => [lacks] }
    const { missing, diagnosis } = await missingOf(
      askingOf({ sources: {}, targets: { global: syncOf({}, { target, desired }) } }),
    )
    expect(missing).toEqual([])
    expect(diagnosis.findings).toMatchObject([
      { id: 'file-invalid:organizations', hint: 'Correct the file; until then nothing is computed from it.' },
    ])
  })

  it('names are those of all sources, in their order', async () => {
    const declared = (name: string) => ({ module: 'zds/desk', within: [name] as const, members: {} })
    const config = configOf(
      { declares: async () => [declared('accounts')] },
      {},
      { declares: async () => [declared('desk')] },
    )
    const { declared: told, diagnosis } = await declaredBy(askingOf(config))
    expect(told).toEqual([declared('accounts'), declared('desk')])
    expect(diagnosis).toEqual({ ...nothing, ticks: [] })
  })
})

it('an error that keeps a configuration from being looked at has its issues, each with the hint of all', () => {
  const issues = [
    { code: 'CONFIG_INVALID', where: 'targets.a', message: 'is none' },
    { code: 'CONFIG_INVALID', where: 'targets.b', message: 'is none', hint: 'Own.' },
  ] as const
  const error = new ZdsError('CONFIG_INVALID', 'slips', { issues, hint: 'Of all.' })
  expect(diagnosisOf(error, 'sync.config.ts').findings.map(({ where, level, hint }) => [where, level, hint])).toEqual([
    ['targets.a', 'error', 'Of all.'],
    ['targets.b', 'error', 'Own.'],
  ])
  const bare = new ZdsError('CONFIG_INVALID', 'slips')
  expect(diagnosisOf(bare, 'sync.config.ts')).toEqual({
    findings: [
      {
        id: 'config-invalid:sync-config-ts',
        level: 'error',
        where: 'sync.config.ts',
        message: 'slips',
        hint: 'What CONFIG_INVALID means is in docs/errors.md.',
      },
    ],
    silenced: [],
    ticks: [],
  })
})
