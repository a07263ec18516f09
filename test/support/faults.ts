import { expect, onTestFinished } from 'vitest'
import { redact, type Engine, type RunWatch } from 'zds'
import { startSandbox, type Fault, type FaultEffect, type Sandbox, type World } from 'zds/sandbox'
import { exitCodeOf, exitCodeOfReport } from '../../src/cli/exit-codes.ts'
import { failureLines } from '../../src/cli/render/failure.ts'
import type { Look } from '../../src/cli/render/look.ts'
import { planLines } from '../../src/cli/render/plan/screen.ts'
import { reportLines } from '../../src/cli/render/report.ts'
import type { Rest } from '../../src/core/run/history.ts'
import { AS_OF, faultWorld } from './faults-world.ts'
import { runsOf } from './runs.ts'
import { project, type Result } from './zds.ts'

/** Small pages, so that every kind of page is met; jobs that end at once. */
const SANDBOX = {
  salesforce: { batchSize: 40, childPageSize: 2 },
  zendesk: { jobMs: { queued: 0, working: 5 } },
} as const
const HTTP = { ZDS_HTTP_ATTEMPTS: '3', ZDS_HTTP_BASE_DELAY_MS: '5', ZDS_HTTP_TIMEOUT_MS: '2000' }

/** Everything that passes when a request is sent again. */
export const PASSING: { readonly [kind: string]: FaultEffect } = {
  '429 with Retry-After': { kind: 'status', preset: 'rate-limit', retryAfter: 0 },
  '429 without a header': { kind: 'status', preset: 'rate-limit-no-header' },
  '429 as text': { kind: 'status', preset: 'rate-limit-text', retryAfter: 0 },
  '429 as HTML': { kind: 'status', preset: 'rate-limit-html', retryAfter: 0 },
  '429 of the edge': { kind: 'status', preset: 'edge' },
  '500': { kind: 'status', status: 500 },
  '502 as HTML': { kind: 'html' },
  '503 as HTML': { kind: 'status', preset: 'unavailable', retryAfter: 0 },
  '503 for a deadlock': { kind: 'status', preset: 'deadlock', retryAfter: 0 },
  '200 as HTML': { kind: 'html', status: 200 },
  'a reset connection': { kind: 'reset' },
  'an answer cut short': { kind: 'cut' },
  'a lost answer': { kind: 'lost' },
}

/**
 * Every `step`-th of many cases, another part for each `turn`; all of them with
 * ZDS_FAULT_SWEEP=all.
 */
export function sample<T>(cases: readonly T[], step: number, turn = 0): readonly T[] {
  return process.env['ZDS_FAULT_SWEEP'] === 'all' ? cases : cases.filter((_, at) => (at + turn) % step === 0)
}

/** A sandbox and a project that talks to it. */
export interface Scene {
  readonly sandbox: Sandbox
  apply(): Promise<Result>
  /** The changes that a plan made now holds. */
  changes(): Promise<readonly { readonly key: string }[]>
  close(): Promise<void>
}

async function scene(world: World, environment: { readonly [name: string]: string } = {}): Promise<Scene> {
  const sandbox = await startSandbox({ world, ...SANDBOX })
  const here = project({ ...sandbox.env, ...HTTP, ...environment })
  const runs = runsOf(here, AS_OF)
  return {
    sandbox,
    apply: () => runs.lend((engine) => carriedOut(engine, saying())),
    changes: runs.changes,
    close: async () => {
      here.remove()
      await sandbox.close()
    },
  }
}

/** What a run said to people, as the command line renders it. */
type Said = { readonly out: string[]; readonly err: string[]; readonly watch: RunWatch }

function saying(): Said {
  const out: string[] = []
  const err: string[] = []
  const watch: RunWatch = {
    scheduled: () => undefined,
    started: () => undefined,
    rows: () => undefined,
    ended: () => undefined,
    progress: ({ id }, message) => void err.push(`  ${id}: ${message}`),
    warn: (message) => void err.push(`Warning: ${message}`),
  }
  return { out, err, watch }
}

const LOOK: Look = { columns: Number.POSITIVE_INFINITY, paint: (_, text) => text, all: false }

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** What `zds apply --yes --force` does. */
async function carriedOut(engine: Engine, { out, err, watch }: Said): Promise<Result> {
  const ended = (code: number): Result => ({ code, stdout: redact(text(out)), stderr: redact(text(err)) })
  const failed = (error: unknown): Result => {
    err.push(...failureLines(error, LOOK.paint))
    return ended(exitCodeOf(error))
  }
  try {
    const rest = await engine.rest()
    const plan = rest === undefined ? await engine.plan({}, watch) : undefined
    if (plan !== undefined) out.push(...planLines(plan, LOOK))
    const report = await (plan === undefined
      ? engine.resume(rest as Rest, {}, watch) // there is one where no plan was made
      : engine.apply(plan, { force: true }, watch))
    out.push(...reportLines(report, LOOK))
    return report.error === undefined ? ended(exitCodeOfReport(report)) : failed(report.error)
  } catch (error) {
    return failed(error)
  }
}

/**
 * What the instances hold, record by record, without what differs from run to run: ids, addresses,
 * moments.
 */
export type State = ReadonlyMap<string, { readonly [field: string]: unknown }>

export function stateOf({ zendesk }: Sandbox): State {
  const state = new Map<string, { readonly [field: string]: unknown }>()
  // A record that is there twice must not hide behind the first.
  const add = (name: string, fields: object): unknown =>
    state.set(state.has(name) ? `${name}, again` : name, filled(fields))
  for (const [instance, { organizations, users }] of Object.entries(zendesk)) {
    const names = new Map(organizations.map(({ id, name }) => [id, name]))
    for (const one of organizations) {
      const {
        id: _id,
        url: _url,
        created_at: _created,
        updated_at: _updated,
        tags,
        organization_fields: fields,
        ...rest
      } = one
      add(`${instance} organization ${one.name}`, { ...rest, ...fields, tags: tags.toSorted().join(' ') })
    }
    for (const { name, email, role, organization_id: id, user_fields: fields } of users)
      add(`${instance} user ${email ?? name}`, { name, role, ...fields, organization: names.get(id ?? 0) })
  }
  return state
}

/** Null, '' and false count as equal for empty. */
const filled = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== '' && value !== false))

/** Everything in `state` that neither was so before nor shall be so after an undisturbed run. */
function wrongIn(state: State, before: State, after: State): string[] {
  return [...state].flatMap(([name, fields]) => {
    const sides = [before.get(name), after.get(name)].filter((side) => side !== undefined)
    const known = new Set([...sides, fields].flatMap((side) => Object.keys(side)))
    const fits = (field: string) => sides.some((side) => JSON.stringify(side[field]) === JSON.stringify(fields[field]))
    return sides.length === 0
      ? [`${name} should not exist`]
      : [...known].filter((field) => !fits(field)).map((field) => `${name}: ${field} is ${String(fields[field])}`)
  })
}

/** Values that no two records of an instance may share. */
function sharedIn({ zendesk }: Sandbox): string[] {
  return Object.values(zendesk).flatMap(({ organizations, users }) => {
    const values = [
      ...organizations.flatMap(({ name, external_id, organization_fields: { salesforce_id: key } }) => [
        `name ${name.trim().toLowerCase()}`,
        ...(external_id === null ? [] : [`external id ${external_id}`]),
        ...(typeof key === 'string' ? [`key ${key}`] : []),
      ]),
      ...users.flatMap(({ email }) => (email === null ? [] : [`e-mail ${email.toLowerCase()}`])),
    ]
    return values.filter((value, at) => values.indexOf(value) !== at)
  })
}

/** Requests that write records. */
export const writesOf = ({ requests }: Sandbox) =>
  requests.filter(({ method, path }) => method !== 'GET' && !/token|chat\./.test(path))

/** What no output may hold: secrets, tokens, stacks, objects, pages of proxies. */
const UNSEEMLY =
  /-secret\b|xoxb-|\b[0-9a-f]{64}\b|00D\w{12}!|^ +at .*:\d+|\[INTERNAL\]|\[object|undefined|<html|cloudflare/im

export type Reference = { readonly before: State; readonly after: State; readonly requests: Sandbox['requests'] }

/** An undisturbed run: the first of a process, which is slow where the machine has much to do. Its answers are waited for. */
export async function reference(): Promise<Reference> {
  const here = await scene(faultWorld(), { ZDS_HTTP_TIMEOUT_MS: '20000' })
  try {
    const before = stateOf(here.sandbox)
    const { code, stderr } = await here.apply()
    expect(code, stderr).toBe(0)
    return { before, after: stateOf(here.sandbox), requests: [...here.sandbox.requests] }
  } finally {
    await here.close()
  }
}

export type Disturbed = Scene & Result

/**
 * An apply while things go wrong. Checks what must hold however it ended; closed when the test
 * ends.
 */
export async function disturbed(
  faults: readonly Fault[],
  { before, after }: Reference,
  environment: { readonly [name: string]: string } = {},
): Promise<Disturbed> {
  const here = await scene(faultWorld(), environment)
  onTestFinished(() => here.close())
  for (const fault of faults) here.sandbox.faults.add(fault)
  const result = await here.apply()
  expect([0, 1, 4], result.stderr).toContain(result.code)
  expect(result.stdout + result.stderr).not.toMatch(UNSEEMLY)
  expect(sharedIn(here.sandbox)).toEqual([])
  expect(wrongIn(stateOf(here.sandbox), before, after)).toEqual([])
  expect(here.sandbox.slack.messages.length).toBeLessThanOrEqual(1)
  return { ...here, ...result }
}

/** Faults that no request has met: a test of what follows from them would be worth nothing. */
export function unmet({ sandbox }: Scene, faults: readonly Fault[]): Fault[] {
  const met = new Set(sandbox.faults.fired.map(({ fault }) => fault))
  return faults.filter((fault) => !met.has(fault))
}

/**
 * What is not as after an undisturbed run: an exit code, records of the instances, changes that a
 * plan still holds. `byHand` fits what people have to see to.
 */
export async function amiss(here: Disturbed, { after }: Reference, byHand = /$^/): Promise<string[]> {
  const { code, stdout, stderr } = here
  const changes = await here.changes()
  return [
    ...(code === 0 ? [] : [`exit ${code}: ${stdout}${stderr}`]),
    ...missingIn(stateOf(here.sandbox), after).filter((line) => !byHand.test(line)),
    ...changes.map(({ key }) => `${key} would be changed again`),
  ]
}

/** The same after one more run, once nothing is in its way any more. */
export async function amissLater(here: Disturbed, undisturbed: Reference, byHand?: RegExp): Promise<string[]> {
  here.sandbox.faults.clear()
  return amiss({ ...here, ...(await here.apply()) }, undisturbed, byHand)
}

const missingIn = (state: State, after: State): string[] => [
  ...wrongIn(state, after, after),
  ...[...after.keys()].filter((name) => !state.has(name)).map((name) => `${name} is missing`),
]
