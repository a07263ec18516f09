import { describe, expect, it } from 'vitest'
import { forget, tidyAfter } from '../../../src/core/run/retention.ts'
import type { Report } from '../../../src/core/run/report.ts'
import type { State } from '../../../src/core/state/state.ts'
import { engineOf } from '../../support/engine.ts'

const report: Report = { version: 1, run: 'run-1', digest: 'd', status: 'done', forced: false, syncs: [] }

/** From when on what is forgotten after an apply of 16 March at 10:00, and what is warned of. */
async function tidied(config: { readonly keepDays?: number }, ended = report, failure?: Error) {
  const engine = engineOf({ sources: {}, targets: {}, ...config })
  const forgotten: string[] = []
  const warnings: string[] = []
  const prune = async (before: Date) => {
    if (failure !== undefined) throw failure
    forgotten.push(before.toISOString())
    return { runs: 0, artifacts: 0 }
  }
  const watch = { warn: (message: string) => void warnings.push(message) }
  expect(await tidyAfter(ended, { ...engine, state: { ...engine.state, prune } }, watch)).toBe(ended)
  return { forgotten, warnings }
}

describe('OPS-08: what is older than a configuration keeps is forgotten after an apply', () => {
  it('30 days, unless the configuration says otherwise; 0 keeps all', async () => {
    expect((await tidied({})).forgotten).toEqual(['2026-02-14T10:00:00.000Z'])
    expect((await tidied({ keepDays: 7 })).forgotten).toEqual(['2026-03-09T10:00:00.000Z'])
    expect((await tidied({ keepDays: 0 })).forgotten).toEqual([])
  })

  it('but not after one that stopped: it is to be gone on with', async () => {
    expect((await tidied({}, { ...report, status: 'failed', error: new Error('no access') })).forgotten).toEqual([])
  })

  it('where it cannot be, that is a warning: what was carried out is done', async () => {
    const { warnings } = await tidied({}, report, new Error('the disk is gone'))
    expect(warnings).toEqual(['older runs could not be forgotten (zds prune): the disk is gone'])
  })

  it('never what may be under way: a plan that somebody looks at for an hour, one that has no end for a day', async () => {
    const engine = engineOf({ sources: {}, targets: {} })
    const asked: string[] = []
    const prune: State['prune'] = async (...moments) => {
      asked.push(...moments.flatMap((moment) => moment?.toISOString() ?? []))
      return { runs: 0, artifacts: 0 }
    }
    await forget(0, { ...engine, state: { ...engine.state, prune } })
    expect(asked).toEqual(['2026-03-16T09:00:00.000Z', '2026-03-15T10:00:00.000Z'])
  })
})
