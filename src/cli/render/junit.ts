import type { SyncPlan } from '../../core/plan/plan.ts'
import { escaped } from './page/html.ts'
import { rowsOf, type Subject } from './page/subject.ts'

type Case = { readonly name: string; readonly failure?: string }

/**
 * A plan or a run as test results, as CI shows them: the limits and completeness of each sync, and
 * each change that was attempted. `named` are the syncs whose records are told.
 */
export function junitOf(subject: Subject, named: readonly SyncPlan[]): string {
  const suites = subject.plan.syncs.map((sync) => {
    const cases = [...checks(sync), ...(named.includes(sync) ? attempts(subject, sync) : [])]
    const failures = cases.filter(({ failure }) => failure !== undefined).length
    return [
      `  <testsuite name="${xml(sync.name)}" tests="${cases.length}" failures="${failures}">`,
      ...cases.map((one) => `    ${caseOf(sync, one)}`),
      '  </testsuite>',
    ]
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="zds">',
    ...suites.flat(),
    '</testsuites>',
    '',
  ].join('\n')
}

function checks({ excesses, complete }: SyncPlan): Case[] {
  const beyond = excesses.map(({ message }) => message).join('; ')
  const whole = complete.desired && complete.existing
  return [
    { name: 'within its limits', ...(beyond !== '' && { failure: beyond }) },
    { name: 'read completely', ...(!whole && { failure: 'what was read is not proved complete' }) },
  ]
}

function attempts(subject: Subject, sync: SyncPlan): Case[] {
  return rowsOf(subject, [sync]).flatMap(({ op, key, name = '', outcome }) => {
    if (outcome === undefined) return []
    const { status, code, message } = outcome
    const failure = [code ?? status, message].filter(Boolean).join(': ')
    return [{ name: `${op} ${key} ${name}`.trimEnd(), ...(status !== 'done' && { failure }) }]
  })
}

function caseOf({ name }: SyncPlan, one: Case): string {
  const head = `<testcase classname="${xml(name)}" name="${xml(one.name)}"`
  return one.failure === undefined ? `${head}/>` : `${head}><failure message="${xml(one.failure)}"/></testcase>`
}

/** Text of an attribute; XML has no place for control characters. */
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const xml = (text: string): string => escaped(text.replaceAll(/[\u0000-\u001F\uFFFE\uFFFF]/g, ' ').toWellFormed())
