import { expect, it } from 'vitest'
import { wordsType } from 'zds'

it.each([
  [['silver', 'gold', 'gold'], "'gold' | 'silver'"],
  [["it's", 'a\\b'], String.raw`'a\\b' | 'it\'s'`],
  [[], 'never'],
])('the words %j are the type %s', (words, type) => expect(wordsType(words)).toBe(type))
