import type { Plan } from 'zds'
import { assemble } from '../../src/core/plan/plan.ts'
import { compared, wanted } from './syncs.ts'
import { fakeClock } from 'zds/testing'

/** A plan with one change. */
export async function onePlan(): Promise<Plan> {
  return assemble([await compared({ desired: [wanted('A', { name: 'Acme "& Söhne"' })] })], 'fingerprint', fakeClock())
}
