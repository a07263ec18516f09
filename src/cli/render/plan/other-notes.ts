import { counted, number, plain } from '../text.ts'
import { namesText } from './names.ts'
import type { Amount, Note } from './notes.ts'
import type { Overview } from './overview.ts'
import { waitsFor, whoseOf } from './skips.ts'

export function createdNotes({ created }: Overview, { names }: Amount): Note[] {
  return created.map(({ sync, resource, who, along }) => {
    const words = Object.entries(along).map(([word, some]) => `${number(some)} ${plain(word)}`)
    const people = words.length === 0 ? '' : `, with them ${words.join(', ')}`
    const some = `${counted(who.length, plain(resource))} in ${plain(sync)}${people}`
    return { mark: '+', tone: 'good', text: `${some}: ${namesText(who, names)}` }
  })
}

export function leftNotes({ left }: Overview, { all }: Amount): Note[] {
  return left.map(({ reason, meaning, skips }) => {
    const where = [...Map.groupBy(skips, ({ sync }) => sync)].map(
      ([sync, some]) => `${plain(sync)} ${number(some.length)}`,
    )
    const below = skips.map((skip) => `${plain(skip.sync)}  ${plain(whoseOf(skip))}${waitsFor(skip.heldBy)}`)
    const text = `${number(skips.length)} ${plain(reason)} (${plain(meaning)}): ${where.join(', ')}`
    return { mark: '.', tone: 'quiet', text, ...(all && { below }) }
  })
}

/** The numbers of syncs whose records are not told. */
export function numberNotes({ others }: Overview): Note[] {
  return others.map(({ name, instance, resource, existing, fields, along, skipped, notices }) => ({
    mark: '.',
    tone: 'quiet',
    text: `${plain(name)} (${plain(instance)} has ${counted(existing, resource)})`,
    below: Object.entries({ fields, 'with them': along, left: skipped, notices }).flatMap(([title, counts]) => {
      const words = Object.entries(counts).map(([word, some]) => `${plain(word)} ${number(some)}`)
      return words.length === 0 ? [] : [`${title}: ${words.join(', ')}`]
    }),
  }))
}
