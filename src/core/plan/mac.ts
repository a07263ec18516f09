import { createHmac, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'
import { ZdsError } from '../errors.ts'
import { canonicalParts, type Plan } from './plan.ts'
import { keyIfSet, PLAN_KEY } from './seal.ts'

/** What the key of the MAC is derived for: it is another one than that of sealed plans. */
const LABEL = 'zds plan mac 1'

/**
 * The plan with the proof that somebody made it who has `ZDS_PLAN_KEY`, where that is set: an
 * HMAC-SHA256 over all of the document, the moment included.
 */
export function addProof(plan: Plan): Plan {
  const key = keyIfSet()
  return key === undefined ? plan : { ...plan, mac: macOf(plan, key).toString('hex') }
}

/**
 * Throws PLAN_NOT_AUTHENTIC where `ZDS_PLAN_KEY` is set and the plan was not made by somebody who
 * has it. Without a key nothing is proved.
 */
export function assertAuthentic(plan: Plan, called: string): void {
  const key = keyIfSet()
  if (key === undefined) return
  const [meant, found] = [macOf(plan, key), Buffer.from(plan.mac ?? '', 'hex')]
  if (found.length === meant.length && timingSafeEqual(found, meant)) return
  const why = plan.mac === undefined ? 'carries no proof that it was' : 'was changed since, or made with another one'
  throw new ZdsError('PLAN_NOT_AUTHENTIC', `${called} was not made with the key in ${PLAN_KEY}: it ${why}`, {
    hint: `Make a new one where ${PLAN_KEY} is set: zds plan --out FILE\n(What a run has left is planned anew by: zds apply --new)`,
  })
}

function macOf({ mac: _mac, ...document }: Plan, key: KeyObject): Buffer {
  const derived = Buffer.from(hkdfSync('sha256', key, '', LABEL, 32))
  const mac = createHmac('sha256', derived)
  for (const part of canonicalParts(document)) mac.update(part)
  return mac.digest()
}
