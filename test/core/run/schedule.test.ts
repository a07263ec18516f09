import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { follow } from '../../../src/core/channels.ts'
import type { Stage } from '../../../src/core/config/stages.ts'
import { schedule, UNWATCHED, type Watch } from '../../../src/core/run/schedule.ts'

/** A stage of which only its name, kind and needs matter. */
const stage = (id: string, ...needs: string[]): Stage =>
  ({ id, needs, kind: id.startsWith('apply') ? 'apply' : 'gather' }) as unknown as Stage // what it reads is nothing here

type Happened = { readonly told: string[]; readonly at: Map<string, number> }

/** Runs stages that each take a while, or fail; says what was told, and when each stage began. */
async function run(
  stages: readonly Stage[],
  work: { readonly [id: string]: number | Error },
  signal = new AbortController().signal,
): Promise<Happened & { readonly error: unknown }> {
  const began = performance.now()
  const told: string[] = []
  const at = new Map<string, number>()
  const watch: Watch<string> = {
    scheduled: (all) => void told.push(`scheduled ${all.length}`),
    started: ({ id }) => void (told.push(`started ${id}`), at.set(id, performance.now() - began)),
    progress: () => undefined,
    rows: () => undefined,
    ended: ({ id }, { kind }) => void told.push(`${kind} ${id}`),
    warn: () => undefined,
  }
  const error: unknown = await schedule(
    stages,
    async ({ id }, _watch, stopping) => {
      const how = work[id] ?? 0
      if (how instanceof Error) throw how
      await wait(how, undefined, { signal: stopping })
      return id
    },
    { signal, watch },
  ).catch((reason: unknown) => reason)
  return { told, at, error }
}

describe('GEN-02: a schedule of stages', () => {
  it('starts a stage when its own needs have ended, whatever else goes on', async () => {
    const { told, at, error } = await run(
      [stage('quick'), stage('slow'), stage('after-quick', 'quick'), stage('after-both', 'quick', 'slow')],
      { quick: 20, slow: 600 },
    )
    expect(error).toBeUndefined()
    expect(told.slice(0, 5)).toEqual([
      'scheduled 4',
      'started quick',
      'started slow',
      'done quick',
      'started after-quick',
    ])
    expect(told.at(-1)).toBe('done after-both')
    expect(at.get('after-quick')).toBeLessThan((at.get('after-both') ?? 0) - 300)
  })

  it('takes needs that are not among the stages for met', async () => {
    expect((await run([stage('alone', 'elsewhere')], {})).told).toContain('done alone')
  })

  it('stops the others when a stage of a plan fails, begins no more, and throws what failed first', async () => {
    const first = new Error('first')
    const { told, error } = await run([stage('bad'), stage('slow'), stage('later', 'slow')], {
      bad: first,
      slow: 5_000,
    })
    expect(error).toBe(first)
    expect(told).toEqual(['scheduled 3', 'started bad', 'started slow', 'failed bad', 'stopped slow', 'left later'])
  })

  it('says to what it stops why, and tells the log which stages are confined (OPS-08)', async () => {
    const heard: unknown[] = []
    const deaf = follow(
      'stage',
      ({ stage: id, confined }) => void heard.push([id, confined]),
      () => undefined,
    )
    const reasons: unknown[] = []
    const stopped = schedule(
      [stage('bad'), { ...stage('slow'), confined: true as const }],
      async ({ id }, _watch, stopping) => {
        await wait(0)
        if (id === 'bad') throw new Error('no luck')
        await wait(5_000, undefined, { signal: stopping }).catch(() => void reasons.push(stopping.reason))
        return id
      },
      { signal: new AbortController().signal, watch: UNWATCHED },
    )
    await expect(stopped).rejects.toThrow('no luck')
    deaf()
    expect(reasons).toMatchObject([{ code: 'INTERRUPTED', message: 'bad failed, so this stops too' }])
    expect(heard).toEqual([
      ['bad', false],
      ['slow', true],
    ])
  })

  it('lets other applies end when one fails, and leaves those that come after it', async () => {
    const first = new Error('first')
    const { told, error } = await run(
      [stage('apply:a'), stage('apply:b'), stage('apply:after-a', 'apply:a'), stage('apply:after-b', 'apply:b')],
      { 'apply:a': first, 'apply:b': 30, 'apply:after-b': new Error('second') },
    )
    expect(error).toBe(first)
    expect(told).toContain('done apply:b')
    expect(told).toContain('left apply:after-a')
    expect(told).toContain('failed apply:after-b')
  })

  it('throws the reason of whoever stopped it, and tells of what was stopped and left', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => controller.abort(reason), 20)
    const { told, error } = await run([stage('slow'), stage('later', 'slow')], { slow: 5_000 }, controller.signal)
    expect(error).toBe(reason)
    expect(told).toEqual(['scheduled 2', 'started slow', 'stopped slow', 'left later'])
  })

  it('tells what a stage tells, as of that stage, and how long it took', async () => {
    const told: unknown[] = []
    const took: number[] = []
    const began = performance.now()
    const watch: Watch<string> = {
      scheduled: () => undefined,
      started: () => undefined,
      progress: ({ id }, message, wait) => void told.push([id, message, wait?.ms]),
      rows: ({ id }, count) => void told.push([id, count]),
      ended: (_, end) => void ('ms' in end && took.push(end.ms)),
      warn: () => undefined,
    }
    await schedule(
      [stage('a'), stage('b', 'a')],
      async ({ id }, own) => {
        own.progress(`in ${id}`, { service: 'global', ms: 5, because: 'limit' })
        own.rows(7)
        await wait(30)
        return id
      },
      { signal: new AbortController().signal, watch },
    )
    expect(told).toEqual([
      ['a', 'in a', 5],
      ['a', 7],
      ['b', 'in b', 5],
      ['b', 7],
    ])
    for (const ms of took) expect(ms).toBeGreaterThan(25)
    expect(took[0]).toBeLessThan(performance.now() - began)
    expect(took).toHaveLength(2)
  })
})
