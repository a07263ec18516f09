import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { ZdsError, type Plan } from 'zds'
import { assertAuthentic, addProof } from '../../../src/core/plan/mac.ts'
import { assemble, digestOf } from '../../../src/core/plan/plan.ts'
import { parsePlan } from '../../support/parse-plan.ts'
import { compared, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const KEY = '07'.repeat(32)
const made = async (): Promise<Plan> =>
  assemble([await compared({ desired: [wanted('A', { name: 'Acme' })] })], 'fingerprint', fakeClock())
const plan = await made()

function keyed<T>(key: string | undefined, work: () => T): T {
  if (key === undefined) delete process.env['ZDS_PLAN_KEY']
  else process.env['ZDS_PLAN_KEY'] = key
  return work()
}
afterEach(() => {
  delete process.env['ZDS_PLAN_KEY']
})

function refusal(of: Plan, key = KEY): ZdsError | undefined {
  try {
    keyed(key, () => assertAuthentic(of, 'plan.json'))
  } catch (error) {
    if (error instanceof ZdsError) return error
    throw error
  }
  return undefined
}

describe('the proof of a plan (OPS-08, SAFE-14)', () => {
  const ours = keyed(KEY, () => addProof(plan))

  it('is an HMAC-SHA256 over the canonical document, with a key of its own', () => {
    // By HKDF-SHA256 of ZDS_PLAN_KEY, without salt, for 'zds plan mac 1'; computed with another
    // program.
    const bare = { version: 1, createdAt: '2026-03-16T10:00:00.000Z', asOf: '2026-03-16', config: 'f' } as const
    expect(keyed(KEY, () => addProof({ ...bare, syncs: [], digest: '0'.repeat(64) })).mac).toBe(
      'f06d2644195693fca07b6fbc918c8e36a49611724c69186b52709e3546564326',
    )
    expect(ours.mac).not.toBe(keyed('08'.repeat(32), () => addProof(plan)).mac)
    expect(refusal(ours)).toBeUndefined()
  })

  it('survives JSON, and is taken by who has the key, in whatever form', () => {
    const again = parsePlan(JSON.stringify(ours, null, 2), 'plan.json')
    expect(refusal(again)).toBeUndefined()
    expect(refusal(again, Buffer.from(KEY, 'hex').toString('base64'))).toBeUndefined()
  })

  it('leaves the digest what it was: the identity of the content', () => {
    expect(ours.digest).toBe(plan.digest)
    expect(digestOf(ours)).toBe(plan.digest)
  })

  it('is asked for where there is a key, and nowhere else', () => {
    expect(keyed(undefined, () => addProof(plan))).toBe(plan)
    expect(keyed(undefined, () => assertAuthentic(plan, 'plan.json'))).toBeUndefined()
    expect(refusal(plan)).toMatchObject({
      code: 'PLAN_NOT_AUTHENTIC',
      message: 'plan.json was not made with the key in ZDS_PLAN_KEY: it carries no proof that it was',
      hint: expect.stringContaining('zds plan --out FILE') as string,
    })
  })

  it('of another key, of no form at all, and of another plan is refused', () => {
    expect(refusal(ours, randomBytes(32).toString('hex'))).toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
    for (const mac of ['', 'zz', ours.mac?.slice(2) ?? '', `${ours.mac}00`, plan.digest])
      expect(refusal({ ...ours, mac }), mac).toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
  })

  it('covers the moment, which no digest covers: yesterday’s plan is not made today’s', () => {
    const later = { ...ours, createdAt: '2026-03-17T00:00:00.000Z' }
    expect(digestOf(later)).toBe(later.digest)
    expect(refusal(later)?.message).toContain('was changed since')
  })

  it('covers everything else too, also under a new digest', () => {
    const [sync] = ours.syncs
    if (sync === undefined) throw new Error('The plan has a sync')
    const forged = { ...ours, syncs: [{ ...sync, changes: [] }] }
    expect(refusal({ ...forged, digest: digestOf(forged) })).toMatchObject({ code: 'PLAN_NOT_AUTHENTIC' })
  })

  it('a key that is none is said to be none', () => {
    expect(refusal(ours, 'short')).toMatchObject({ code: 'ENV_INVALID' })
  })
})
