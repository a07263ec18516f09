import type { Config } from '../config/define.ts'
import { syncsOf } from '../config/stages.ts'
import type { Issue } from '../errors.ts'
import type { Target } from '../types.ts'

/**
 * Instances that hold the same records, as where one was copied and kept its address: their syncs
 * know nothing of one another, and each would retire what the other creates.
 */
export function sameAddressIssues(config: Config): Issue[] {
  const targets = [...syncsOf(config).values()].map(({ target }) => target)
  const placed = targets.filter((target) => target.address() !== '')
  const place = (target: Target): string => JSON.stringify([target.address(), target.resource])
  return [...Map.groupBy(placed, place).values()].flatMap((there): Issue[] => {
    const names = [...new Set(there.map(({ instance }) => instance))]
    return names.length < 2
      ? []
      : [{ code: 'CONFIG_INVALID', where: names.join(' and '), message: MESSAGE, hint: HINT }]
  })
}

const MESSAGE = 'have one address, so each would undo what the other does'
const HINT = 'Give each its own address, or make both syncs of one instance.'
