/** The button under a verdict; what it needs to verify is loaded when it is pressed. */
import { say, words } from './words.ts'

const box = document.getElementById('browser-check')
const start = document.getElementById('browser-start')
const result = document.getElementById('browser-result')

if (box !== null && start instanceof HTMLButtonElement && result !== null) {
  start.hidden = false
  start.addEventListener('click', () => {
    start.disabled = true
    result.textContent = say(words.working)
    void import('./check-again.ts')
      .then(({ checkAgain }) => checkAgain(box.dataset))
      .then(
        found => result.replaceChildren(...found),
        () => void (result.textContent = say(words.failed)),
      )
      .finally(() => void (start.disabled = false))
  })
}
