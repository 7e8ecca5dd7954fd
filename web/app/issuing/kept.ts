import { useState } from 'react'

/**
 * State that is still there when a person comes back from showing again who he is: in this tab, until it is let go. What a
 * certificate says is never kept this way.
 */
export function useKept<Value>(
  name: string,
  empty: Value,
): [value: Value, keep: (value: Value) => void, letGo: () => void] {
  const key = `onceproof-kept-${name}`
  const [value, setValue] = useState<Value>(() => {
    const text = sessionStorage.getItem(key)
    return text === null ? empty : (JSON.parse(text) as Value)
  })
  return [
    value,
    changed => {
      sessionStorage.setItem(key, JSON.stringify(changed))
      setValue(changed)
    },
    () => {
      sessionStorage.removeItem(key)
      setValue(empty)
    },
  ]
}
