import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import type { Op } from '../../core/plan/plan.ts'
import { several } from './options.ts'

/** Options that ask for a part of a plan; each may be given several times. */

export const RETIRE = ['--retire', 'only what is retired or removed'] as const

/** As in core, which the declaration of a command does not load. */
const OPS = ['create', 'update', 'retire', 'remove'] as const satisfies readonly Op[]

export const KEY = () =>
  new Option('--key <key>', 'only the record with this key, id or name; the beginning of a key is enough').argParser(
    several,
  )
export const SYNC = () => new Option('--sync <name>', 'only this sync').argParser(several)
export const FIELD = () =>
  new Option('--field <name>', 'only changes of this field, and of them only it').argParser(several)
export const OP = () => new Option('--op <op>', 'only this operation').choices(OPS).argParser(severalOps)

function severalOps(text: string, before: readonly Op[] = []): readonly Op[] {
  const op = OPS.find((one) => one === text)
  if (op === undefined) throw new InvalidArgumentError(`It must be one of ${OPS.join(', ')}.`)
  return [...before, op]
}
