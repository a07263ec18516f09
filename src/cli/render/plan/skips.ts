import type { Holder, Skip } from '../../../core/plan/plan.ts'
import { plain, shown } from '../text.ts'

/** A record that is left as it is, in as many words as are known of it. */
export const whoseOf = ({ key, id, name }: Skip): string => [key, id, name].filter(Boolean).join('  ')

/** Who has the name that a record waits for (AMB-20). */
export function waitsFor(holder: Holder | undefined): string {
  if (holder === undefined) return ''
  const { key, id, name, fate } = holder
  return `  waits for the name ${shown(name)} of ${plain([key, id].filter(Boolean).join('  '))}${fate ? FATES[fate] : ''}`
}

const FATES = {
  retired: ', which is retired',
  renamed: ', which gets another name: free in the next plan',
  waiting: ', which waits for another name',
} as const
