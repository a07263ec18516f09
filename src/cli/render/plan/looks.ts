import { count, type Plan } from '../../../core/plan/plan.ts'

/**
 * Commands that show what of a saved plan beyond its limits is to be looked at: what ends, the fields
 * that a limit names or that most updates are made for, and at last all of it.
 */
export function lookCommands({ syncs }: Plan, file: string): string[] {
  const ends = syncs.some((sync) => count(sync, 'retire') + count(sync, 'remove') > 0)
  const excesses = syncs.flatMap((sync) => sync.excesses)
  const causes = excesses.flatMap(({ field, because }) => field ?? (because?.fields.length === 1 ? because.fields : []))
  const fields = [...new Set(causes)].map((field) => `--field ${field}`)
  return [...(ends ? ['--retire'] : []), ...fields, '--all'].map((part) => `zds show ${file} ${part}`)
}
