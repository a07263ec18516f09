import { describe, expect, it } from 'vitest'
import { ZdsError, type Config, type Desired, type Summary } from 'zds'
import { stages } from '../../../src/core/config/stages.ts'
import { assertFit, inputsOf, madeFrom, presentInputs, summaryIn } from '../../../src/core/run/inputs.ts'
import { engineOf, type TestEngine } from '../../support/engine.ts'
import { sourceOf, syncOf, targetOf } from '../../support/syncs.ts'

const PRINT = `${'a'.repeat(32)}${'b'.repeat(32)}`

function scene(address = 'https://a.example') {
  const rows = sourceOf('rows')
  const desired = sourceOf<Desired>('accounts', [], { needs: [rows] })
  const config: Config = {
    sources: {},
    targets: { global: syncOf({}, { desired, target: targetOf({ name: 'listing', address }) }) },
  }
  const engine = { ...engineOf(config), fingerprint: PRINT }
  return { engine, place: { name: 'dir', artifacts: engine.artifacts, all: stages(config) } }
}

const leave = ({ artifacts }: TestEngine, id: string, summary: Partial<Summary> = {}) =>
  artifacts.write(id, [], () => ({ rows: 0, complete: true, ...summary }))

describe('what a stage needs', () => {
  it('has to be there; the stage to run first is named, however far back that is', async () => {
    const { engine, place } = scene()
    const present = (needs: readonly string[]) => presentInputs({ id: 'compare:global', needs }, place)
    const needs = ['gather:listing', 'gather:accounts']
    await expect(present(needs)).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: 'compare:global needs gather:listing, gather:accounts, which dir does not have',
      hint: 'Run this first: zds stage gather:listing --run dir',
    })
    await leave(engine, 'gather:listing', { digest: 'x' })
    await expect(present(needs)).rejects.toMatchObject({
      message: 'compare:global needs gather:accounts, which dir does not have',
      hint: 'Run this first: zds stage gather:rows --run dir',
    })
    await leave(engine, 'gather:rows')
    await expect(present(needs)).rejects.toMatchObject({ hint: 'Run this first: zds stage gather:accounts --run dir' })
    await expect(present(['compare:unknown'])).rejects.toMatchObject({
      hint: 'Run this first: zds stage compare:unknown --run dir',
    })
    await leave(engine, 'gather:accounts')
    expect([...(await present(needs))]).toEqual([
      ['gather:listing', { rows: 0, complete: true, digest: 'x' }],
      ['gather:accounts', { rows: 0, complete: true }],
    ])
    await expect(inputsOf(['gather:nothing'], engine.artifacts)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
    expect(await summaryIn(engine.artifacts, 'gather:nothing')).toBeUndefined()
    const broken = { ...engine.artifacts, summary: () => Promise.reject(new ZdsError('STATE_INVALID', 'no')) }
    await expect(summaryIn(broken, 'gather:rows')).rejects.toMatchObject({ code: 'STATE_INVALID' })
  })

  it('SAFE-02: fits where it was made with this configuration, for this day and address, and of the same rows', async () => {
    const { engine, place } = scene()
    const inputs = { 'gather:rows': 'd1' }
    const made = { config: PRINT, asOf: '2026-03-16', address: 'https://a.example' }
    const fits = async (summaries: { [id: string]: Partial<Summary> }) => {
      const all = new Map(Object.entries(summaries).map(([id, one]) => [id, { rows: 0, complete: true, ...one }]))
      const thrown: unknown = await assertFit({ id: 'plan', needs: [] }, all, place, engine, '2026-03-16').catch(
        (error: unknown) => error,
      )
      return thrown === undefined ? [] : thrown
    }
    const issue = (where: string, message: string) => ({ code: 'ARTIFACT_MISFIT', where, message })
    await leave(engine, 'gather:rows', { digest: 'd1' })
    const good = {
      'gather:listing': made,
      'gather:accounts': { ...made, inputs },
      'gather:rows': { ...made, digest: 'd1' },
    }
    expect(await fits(good)).toEqual([])
    const elsewhere = `${'a'.repeat(32)}${'c'.repeat(32)}`
    expect(await fits({ 'gather:accounts': { ...made, config: elsewhere } })).toEqual([])
    expect(await fits({ 'gather:accounts': { ...made, address: 'https://b.example' } })).toEqual([])
    expect(
      await fits({
        'gather:listing': { ...made, config: 'other', address: 'https://b.example' },
        'compare:global': { ...made, asOf: '2026-03-15', address: 'https://c.example' },
        'gather:accounts': { ...made, inputs: { 'gather:rows': 'd2' } },
      }),
    ).toMatchObject({
      code: 'ARTIFACT_MISFIT',
      message: 'What plan needs in dir does not fit together',
      hint: 'Run the stages that are named again, and those that read them.',
      issues: [
        issue('gather:listing', 'was made with another configuration'),
        issue('gather:listing', 'is of https://b.example, and the configuration writes to https://a.example'),
        issue('compare:global', 'is as of 2026-03-15, and this is as of 2026-03-16'),
        issue('compare:global', 'is of https://c.example, and the configuration writes to https://a.example'),
        issue('gather:accounts', 'was made from another gather:rows than the one that is there'),
      ],
    })
    // What is there no more is held against the other inputs.
    const from = (digest: string) => ({ ...made, inputs: { 'gather:gone': digest } })
    expect(await fits({ 'gather:accounts': from('e1'), 'compare:global': from('e1') })).toEqual([])
    expect(await fits({ 'gather:accounts': from('e1'), 'compare:global': from('e2') })).toMatchObject({
      issues: [issue('compare:global', 'was made from another gather:gone than the one that is there')],
    })
    expect(await fits({ 'gather:accounts': { asOf: '2026-03-16' } })).toMatchObject({
      issues: [issue('gather:accounts', 'was made with another configuration')],
    })
    const unset = scene('')
    const listing = new Map([['gather:listing', { rows: 0, complete: true, ...made }]])
    await assertFit({ id: 'plan', needs: [] }, listing, unset.place, unset.engine, '2026-03-16')
  })

  it('says of what is made how old it is, and of what it is made', () => {
    const { engine } = scene()
    const summary = { rows: 0, complete: true }
    const now = engine.clock.now().toISOString()
    const about = { asOf: '2026-03-16', config: PRINT }
    expect(madeFrom(new Map(), engine)).toEqual({ at: now, ...about, inputs: {} })
    const inputs = new Map<string, Summary>([
      ['gather:a', { ...summary, at: '2026-03-16T09:00:00.000Z', digest: 'a1', inputs: { 'gather:x': 'x1' } }],
      ['gather:b', { ...summary, at: '2026-03-16T08:00:00.000Z' }],
      ['gather:c', summary],
    ])
    expect(madeFrom(inputs, engine)).toEqual({
      at: '2026-03-16T08:00:00.000Z',
      ...about,
      inputs: { 'gather:x': 'x1', 'gather:a': 'a1', 'gather:b': '', 'gather:c': '' },
    })
    expect(
      madeFrom(new Map<string, Summary>([['gather:a', { ...summary, at: '2026-03-17T09:00:00.000Z' }]]), engine).at,
    ).toBe(now)
  })
})
