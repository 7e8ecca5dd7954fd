import { expect } from 'chai'
import {
  civilDateOf,
  daysLater,
  firstInstant,
  instantOf,
  isCivilDate,
  isDateTime,
  lastDayOf,
  lastInstant,
  type TimeUnit,
} from '../../../server/catalogue/civil-date.ts'

describe('dates of Chinese civil law', () => {
  it('begin and end at UTC+8', () => {
    expect(firstInstant('2020-05-01')).to.equal('2020-04-30T16:00:00Z')
    expect(lastInstant('2040-05-01')).to.equal('2040-05-01T15:59:59Z')
    expect(firstInstant('2024-03-01')).to.equal('2024-02-29T16:00:00Z')
    expect(firstInstant('2024-01-01')).to.equal('2023-12-31T16:00:00Z')
    expect(firstInstant('1900-01-01')).to.equal(null)
  })

  it('exist or are refused', () => {
    for (const date of ['2024-02-29', '2000-02-29', '1900-01-01', '9999-12-31']) {
      expect(isCivilDate(date), date).to.equal(true)
    }
    const none = [
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '2024-00-10',
      '2024-13-01',
      '2024-01-00',
      '1899-12-31',
    ]
    for (const date of [
      ...none,
      '2024-1-01',
      '20240101',
      '2024-01-0１',
      '2024-01-01 ',
      '２024-01-01',
      '-024-01-01',
    ]) {
      expect(isCivilDate(date), date).to.equal(false)
    }
  })

  it('with a time name their offset', () => {
    for (const time of [
      '2024-06-01T09:12:05+08:00',
      '2024-06-01T01:12:05Z',
      '2024-06-01T01:12:05.25-03:30',
    ]) {
      expect(isDateTime(time), time).to.equal(true)
    }
    const none = [
      '2024-06-01T09:12:05',
      '2024-06-01 09:12:05Z',
      '2024-06-31T09:12:05Z',
      '2024-06-01T24:00:00Z',
    ]
    for (const time of [
      ...none,
      '2024-06-01T23:59:60Z',
      '2024-06-01t09:12:05z',
      '2024-06-01T09:12Z',
      '2024-06-01',
    ]) {
      expect(isDateTime(time), time).to.equal(false)
    }
    expect(instantOf('2024-06-01T09:12:05.9+08:00')).to.equal('2024-06-01T01:12:05Z')
    expect(civilDateOf('2024-05-31T23:00:00Z')).to.equal('2024-06-01')
    expect(civilDateOf('9999-12-31T23:00:00Z')).to.equal('9999-12-31')
    expect(instantOf('9999-12-31T23:00:00-08:00')).to.equal(null)
    expect(instantOf('1900-01-01T00:00:00+08:00')).to.equal(null)
  })

  const terms: [first: string, amount: number, unit: TimeUnit, last: string][] = [
    ['2020-11-20', 10, 'year', '2030-11-19'],
    ['2024-06-01', 3, 'month', '2024-08-31'],
    ['2024-06-01', 30, 'day', '2024-06-30'],
    ['2024-01-01', 1, 'day', '2024-01-01'],
    ['2020-02-29', 1, 'year', '2021-02-28'],
    ['2020-02-29', 4, 'year', '2024-02-28'],
    ['2024-08-31', 6, 'month', '2025-02-28'],
    ['2024-12-01', 1, 'month', '2024-12-31'],
    ['9995-05-01', 10, 'year', '9999-12-31'],
    ['9999-12-01', 60, 'day', '9999-12-31'],
    ['2024-03-01', 12, 'month', '2025-02-28'],
  ]
  for (const [first, amount, unit, last] of terms) {
    it(`make a term of ${amount} ${unit} from ${first} end on ${last}`, () => {
      expect(lastDayOf(first, amount, unit)).to.equal(last)
    })
  }

  it('are counted over months and years, forwards and back', () => {
    expect(daysLater('2024-02-28', 2)).to.equal('2024-03-01')
    expect(daysLater('2024-01-01', -1)).to.equal('2023-12-31')
    expect(daysLater('2024-01-31', 0)).to.equal('2024-01-31')
    expect(daysLater('2024-01-01', 366)).to.equal('2025-01-01')
  })
})
