import { expect, test } from 'vitest'
import type { Desired, Turn } from 'zds'
import { forecastUntil } from '../../../src/core/answers/forecast.ts'
import { gathered } from '../../support/engine.ts'
import { held, isPartner, sourceOf, stream, syncOf, targetOf, wanted } from '../../support/syncs.ts'

const ON = '2026-04-01'
const gone = (key: string): Turn => ({
  on: ON,
  before: wanted(key),
  after: { kind: 'absent', key, reason: 'retention' },
  because: 'it expired long ago',
})

/** The keys of what will be retired of these records. */
async function retiredOf(keys: readonly string[], rules: Parameters<typeof syncOf>[0]): Promise<string[]> {
  const customers = {
    ...sourceOf<Desired>(
      'customers',
      keys.map((key) => wanted(key)),
    ),
    forecast: () => stream(keys.map(gone)),
  }
  const target = targetOf({ records: keys.map((key) => held(`id ${key}`, key, { account_type: key })) })
  const global = syncOf({ owns: (one) => !isPartner(one), ...rules }, { desired: customers, target })
  const engine = await gathered({ sources: { customers }, targets: { global } }, ['customers', 'organizations'])
  const { syncs } = await forecastUntil({ until: ON }, engine, engine.run)
  return syncs.flatMap(({ changes }) =>
    changes.flatMap(({ key, field, to }) => (field === 'mark_for_deletion' && to === true ? [key] : [])),
  )
}

test('AMB-19: an organization of a partner that is a customer again will be retired as a customer’s, since it is one then', async () => {
  expect(await retiredOf(['customer', 'open_partner'], { takesOver: true })).toEqual(['customer', 'open_partner'])
  expect(await retiredOf(['customer', 'open_partner'], {})).toEqual(['customer'])
})

test('CMP-05: what is protected will be retired by no day', async () => {
  const protects = ({ salesforce_id: key }: { salesforce_id: string | null }): boolean => key === 'open_partner'
  expect(await retiredOf(['customer', 'open_partner'], { takesOver: true, protects })).toEqual(['customer'])
})
