import type { Many } from '../../../core/many.ts'
import { cut } from '../letters.ts'
import { number, plain } from '../text.ts'
import type { Who } from './who.ts'

const WIDTH = 40

/** `Acme, Globex, … 120 more`: what people call the first `most` of some records. */
export function namesText<W extends Who>(who: Many<W>, most: number, more: (one: W) => string = () => ''): string {
  const told = new Set<string>()
  for (const one of who) {
    if (told.size === most) break
    told.add(`${nameText(one)}${more(one)}`)
  }
  const rest = who.length - told.size
  return [...told, ...(rest > 0 ? [`… ${number(rest)} more`] : [])].join(', ')
}

/** The name of a record, or its key where it has none. */
const nameText = ({ key, name }: Who): string => cut(plain(name ?? key), WIDTH)
