import { rename, writeFile } from 'node:fs/promises'
import {
  messageOf,
  redact,
  type Change,
  type RunEnd,
  type Observer,
  type Outcome,
  type Setting,
  type SyncPlan,
} from 'zds'

/**
 * Leaves a report that CI systems show as tests (JUnit XML): a suite for each sync, a case for each
 * planned change; one for a run that ended early, and one for each limit that a plan went beyond.
 */
export function junit({ path }: { readonly path: Setting }): Observer {
  const write = async (suites: readonly string[]): Promise<void> => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`
    await writeFile(`${path.read()}.part`, redact(text), { mode: 0o600 })
    await rename(`${path.read()}.part`, path.read())
  }
  return {
    kind: 'observer',
    refused: ({ syncs }) => write(syncs.map(limitsOf)),
    ended: (ended) => write([runOf(ended), ...ended.plan.syncs.map((sync) => changesOf(sync, ended))]),
  }
}

const limitsOf = ({ name, excesses }: SyncPlan): string =>
  suite(
    `${name} limits`,
    excesses.map(({ id, message }) => testCase(id, { failure: message })),
  )

const runOf = ({ run, status, error }: RunEnd): string =>
  suite('run', [testCase(run, error === undefined ? {} : { error: `${status}: ${messageOf(error)}` })])

function changesOf({ name, changes }: SyncPlan, { outcomes }: RunEnd): string {
  const told = new Map((outcomes.get(name) ?? []).map((outcome) => [outcome.key, outcome]))
  return suite(
    name,
    [...changes].map((change) => testCase(titleOf(change), verdictOf(told.get(change.key)))),
  )
}

const titleOf = ({ op, key }: Change): string => `${op} ${key}`

type Verdict = { readonly failure?: string; readonly error?: string; readonly skipped?: string }

function verdictOf(outcome: Outcome | undefined): Verdict {
  if (outcome === undefined) return { skipped: 'was not attempted' }
  if (outcome.status === 'done') return {}
  const said = `${outcome.code}: ${outcome.message}`
  return outcome.status === 'failed' ? { failure: said } : { skipped: said }
}

function suite(name: string, cases: readonly string[]): string {
  const count = (tag: string): number => cases.filter((one) => one.includes(`<${tag} `)).length
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`
  return `  <testsuite name="${escaped(name)}" ${counts}>\n${cases.join('')}  </testsuite>\n`
}

function testCase(name: string, verdict: Verdict): string {
  const said = Object.entries(verdict).map(([tag, message]) => `<${tag} message="${escaped(message)}"/>`)
  return `    <testcase name="${escaped(name)}">${said.join('')}</testcase>\n`
}

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Characters that XML cannot hold become a question mark. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll(/[&<>"]/g, (one) => ENTITIES[one] ?? one)
