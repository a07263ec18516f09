import { beforeAll, describe, expect, test } from 'vitest'
import type { Fault, FaultEffect, FaultMatch } from 'zds/sandbox'
import { disturbed, amiss, unmet, amissLater, PASSING, reference, sample, type Reference } from '../support/faults.ts'

/** Every kind of request with which a plan is carried out, by its name: which requests. */
const PHASES: { readonly [phase: string]: FaultMatch } = {
  'creating an organization': { service: 'global', method: 'POST', pattern: '/organizations$' },
  'creating an organization of us-gov': { service: 'us_gov', method: 'POST', pattern: '/organizations$' },
  'updating organizations': { service: 'global', path: '/organizations/update_many' },
  'updating organizations of us-gov': { service: 'us_gov', path: '/organizations/update_many' },
  'asking how jobs are': { service: 'global', path: '/job_statuses/' },
  'asking how jobs of us-gov are': { service: 'us_gov', path: '/job_statuses/' },
  'creating a user into a new organization': { service: 'global', method: 'POST', pattern: '/users$' },
  'looking for a user for moving into a new organization': { service: 'global', path: '/users/search', at: 5 },
  'moving a user into a new organization': { service: 'global', method: 'PUT', pattern: '/users/\\d+$' },
  'creating a user of us-gov': { service: 'us_gov', method: 'POST', pattern: '/users$' },
  'updating users of us-gov': { service: 'us_gov', path: '/users/update_many' },
}

/**
 * Of everything that may last, one of a kind: refused, unreadable, without an answer, done without
 * an answer.
 */
const FATAL: { readonly [kind: string]: FaultEffect } = {
  '429 without end': { kind: 'status', preset: 'rate-limit', retryAfter: 0 },
  '500': { kind: 'status', status: 500 },
  '503 as HTML': { kind: 'status', preset: 'unavailable', retryAfter: 0 },
  '200 as HTML': { kind: 'html', status: 200 },
  'a reset connection': { kind: 'reset' },
  'lost answers': { kind: 'lost' },
  'answers cut short': { kind: 'cut' },
  'a lack of rights': { kind: 'status', status: 403 },
  'a refusal': { kind: 'status', status: 422 },
}

let undisturbed: Reference
beforeAll(async () => {
  undisturbed = await reference()
})

const every = (effect: FaultEffect): Fault[] => Object.values(PHASES).map((match) => ({ ...match, ...effect }))

describe('while a plan is carried out, every kind of request meets once', () => {
  test.each(Object.entries(PASSING))('%s, and the run ends as if nothing had been (SAFE-05)', async (_, effect) => {
    const faults = every(effect)
    const here = await disturbed(faults, undisturbed)
    expect(unmet(here, faults)).toEqual([])
    expect(await amiss(here, undisturbed)).toEqual([])
  })

  test('an answer that comes too late, and the run ends as if nothing had been (SAFE-05)', async () => {
    const here = await disturbed(every({ kind: 'latency', ms: 900 }), undisturbed, { ZDS_HTTP_TIMEOUT_MS: '500' })
    expect(await amiss(here, undisturbed)).toEqual([])
  })
})

test.each(Object.entries(PHASES))(
  '%s meets a token that has just expired, and the run ends as if nothing had been',
  async (_, match) => {
    expect(await amiss(await disturbed([{ ...match, kind: 'expired' }], undisturbed), undisturbed)).toEqual([])
  },
)

/**
 * What tells of a failure: the service in the error, or in the report of what was not done. A run
 * that ended well has none to tell of.
 */
function failure(code: number, service: string): RegExp {
  const name = service.replace('_', '-')
  return code === 0 ? /done\n$/ : new RegExp(code === 1 ? `Error[^]*${name}` : `^${name}.*: .*(failed|in part)`, 'm')
}

const turns = Object.entries(PHASES).map(([phase, match], turn) => [phase, match, turn] as const)

describe.each(turns)('%s fails for good', (phase, match, turn) => {
  test.each(sample(Object.entries(FATAL), 3, turn))(
    'with %s: a failure that is told, and the next run makes it good (SAFE-03, SAFE-05)',
    async (_kind, effect) => {
      const faults = [{ ...match, ...effect, times: 0 }]
      const here = await disturbed(faults, undisturbed)
      const { code, stdout, stderr } = here
      expect(unmet(here, faults)).toEqual([])
      expect(code === 1 ? stderr : stdout).toMatch(failure(code, match.service))
      // A contact that was refused is told, and then a matter of people (SYN-04).
      const byHand = code === 4 && phase.includes('into a new') ? /^global user/ : undefined
      expect(await (code === 0 ? amiss(here, undisturbed) : amissLater(here, undisturbed, byHand))).toEqual([])
    },
  )
})
