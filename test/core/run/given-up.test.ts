import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openEngine, ZdsError, type Config, type Engine, type SentChange, type Target } from 'zds'
import { localState } from '../../../src/core/state/local.ts'
import { done, held, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

/** What was asked of the target at each address: what it was sent, what became of what it was sent. */
type Asked = string[]

function configAt(address: string, asked: Asked, name = 'global', works = false): Config {
  const accounts = sourceOf('accounts', [wanted('A', { name: 'A' })])
  const target: Target = targetOf({
    address,
    send: (changes) => {
      asked.push(...changes.map(({ key }) => `sent ${key} to ${address}`))
      if (works) return changes.map(done)
      throw new ZdsError('AUTH_FAILED', 'cut off')
    },
    refetch: (ids) => stream(ids.map((id) => held(id, 'A', { name: 'A', mark_for_deletion: false }))),
    settle: (sent: readonly SentChange[]) => {
      asked.push(...sent.map(({ change: { key } }) => `settled ${key} at ${address}`))
      return stream(sent.map(({ change }) => done(change)))
    },
  })
  return {
    sources: { accounts },
    targets: { [name]: syncOf({}, { desired: accounts, target: { ...target, mayBeEmpty: true } }) },
  }
}

function engines(): (config: Config) => Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), 'zds-given-up-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return async (config) => {
    const engine = await openEngine({ config, state: localState(directory), clock: fakeClock() })
    onTestFinished(() => engine.close())
    return engine
  }
}

describe('SAFE-06: a run that died, and the configuration writes elsewhere since', () => {
  it.each([
    ['to another address', 'https://b.example', 'global'],
    ['by a sync of another name', 'https://a.example', 'worldwide'],
  ])('is not asked about %s: nobody there knows what was sent', async (_, address, name) => {
    const asked: Asked = []
    const open = engines()
    const first = await open(configAt('https://a.example', asked))
    const { run } = await first.apply(await first.plan())
    const second = await open(configAt(address, asked, name))
    const rest = await second.rest()
    if (rest === undefined) throw new Error('Something is left')
    await expect(second.abandon(rest)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: expect.stringContaining('global') as string,
      hint: expect.stringContaining('zds apply --new') as string,
    })
    expect(asked).toEqual(['sent A to https://a.example'])
    expect((await second.runNamed(run)).run.status).toBe('failed')
    await second.abandon(rest, { left: true })
    expect(await second.rest()).toBeUndefined()
  })

  it('is given up where all that it had sent has an outcome', async () => {
    const asked: Asked = []
    const open = engines()
    const first = await open(configAt('https://a.example', asked))
    const { run } = await first.apply(await first.plan())
    const steps = [{ key: 'A', status: 'failed', code: 'x', message: 'no' }] as const
    await first.shared.state.journal.record({ run, sync: 'global', steps, at: new Date() })
    const second = await open(configAt('https://b.example', asked))
    const rest = await second.rest()
    if (rest === undefined) throw new Error('Something is left')
    await second.abandon(rest)
    expect((await second.runNamed(run)).run.status).toBe('abandoned')
  })

  it('is not undone there: ids of one address mean nothing at another', async () => {
    const open = engines()
    const holding = (address: string) => configAt(address, [], 'global', true)
    const first = await open(holding('https://a.example'))
    const { run } = await first.apply(await first.plan())
    const warnings: string[] = []
    const back = async (address: string) => {
      const { syncs } = await (await open(holding(address))).undo(run, (message) => void warnings.push(message))
      return syncs.flatMap(({ changes }) => [...changes].map(({ key }) => key))
    }
    expect(await back('https://a.example')).toEqual(['A'])
    expect(warnings).toEqual([])
    expect(await back('https://b.example')).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('global does not write to that address any more')])
  })

  it('SAFE-16: is not taken for one that died while it has the lock of the address that it writes to', async () => {
    const open = engines()
    const first = await open(configAt('https://a.example', []))
    const { run } = await first.apply(await first.plan())
    const { locks } = first.shared.state
    const places = [{ address: 'https://a.example', instance: 'global' }]
    const clock = fakeClock()
    const hold = await locks.take(places, 'another', { waitMs: 0, clock, signal: new AbortController().signal })
    const second = await open(configAt('https://b.example', []))
    await expect(second.rest()).rejects.toMatchObject({ code: 'LOCKED' })
    await hold.giveBack()
    expect((await second.rest())?.run.id).toBe(run)
  })
})
