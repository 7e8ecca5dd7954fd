import { expect } from 'chai'
import {
  announcedHolidays,
  endOfWorkingDay,
  workingDaysLeft,
} from '../../../server/oversight/working-days.ts'

const at = (text: string) => Date.parse(text) / 1000
const NONE = { off: new Set<string>(), on: new Set<string>() }
const endOf = (day: string) => at(`${day}T23:59:59+08:00`)

describe('working days', () => {
  it('counts Monday to Friday after the day of the question', () => {
    // 2026-11-25 is a Wednesday.
    expect(endOfWorkingDay(at('2026-11-25T09:00:00+08:00'), 1, NONE)).to.equal(endOf('2026-11-26'))
    expect(endOfWorkingDay(at('2026-11-25T09:00:00+08:00'), 5, NONE)).to.equal(endOf('2026-12-02'))
    expect(endOfWorkingDay(at('2026-11-27T18:00:00+08:00'), 1, NONE)).to.equal(endOf('2026-11-30'))
    expect(endOfWorkingDay(at('2026-11-28T12:00:00+08:00'), 1, NONE)).to.equal(endOf('2026-11-30'))
  })

  it('takes the day at UTC+8: just before and just after midnight are two days', () => {
    expect(endOfWorkingDay(at('2026-11-24T15:59:59Z'), 1, NONE)).to.equal(endOf('2026-11-25'))
    expect(endOfWorkingDay(at('2026-11-24T16:00:00Z'), 1, NONE)).to.equal(endOf('2026-11-26'))
  })

  it('leaves announced holidays out and counts the weekends that are worked instead', () => {
    const holidays = announcedHolidays()
    // National Day 2026: free from Thursday the 1st to Wednesday the 7th, and Saturday the 10th is worked.
    expect(endOfWorkingDay(at('2026-09-30T10:00:00+08:00'), 1, holidays)).to.equal(endOf('2026-10-08'))
    expect(endOfWorkingDay(at('2026-09-30T10:00:00+08:00'), 3, holidays)).to.equal(endOf('2026-10-10'))
    expect(endOfWorkingDay(at('2026-09-30T10:00:00+08:00'), 5, holidays)).to.equal(endOf('2026-10-13'))
    // Spring Festival 2026, nine days.
    expect(endOfWorkingDay(at('2026-02-13T10:00:00+08:00'), 2, holidays)).to.equal(endOf('2026-02-24'))
  })

  it('never ends before it begins, and more days never end earlier', () => {
    const holidays = announcedHolidays()
    for (let day = 0; day < 400; day++) {
      const from = at('2026-01-01T00:00:00Z') + day * 86_400 + day * 137
      let before = from
      for (let count = 1; count <= 12; count++) {
        const end = endOfWorkingDay(from, count, holidays)
        expect(end).to.be.greaterThan(before)
        expect(workingDaysLeft(from, end, holidays)).to.equal(count)
        expect(workingDaysLeft(end, end, holidays)).to.equal(0)
        before = end
      }
    }
  })
})
