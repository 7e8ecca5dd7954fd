/** Language and size of letters for everything below, and the means to change them. */
import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import { I18nextProvider } from 'react-i18next'
import { keepLanguage, keepMode, language, mode, type Language, type Mode } from './language.ts'
import { themeOf } from './theme.ts'
import { createWords } from './words.ts'

interface Settings {
  language: Language
  mode: Mode
  choose(settings: { language?: Language; mode?: Mode }): void
}

const SettingsContext = createContext<Settings | null>(null)

export function useSettings(): Settings {
  const settings = use(SettingsContext)
  if (settings === null) throw new Error('no settings around this')
  return settings
}

export function SettingsProvider({ nonce, children }: { nonce: string; children: ReactNode }) {
  const [chosen, setChosen] = useState({ language: language(), mode: mode() })
  const words = useMemo(() => createWords(chosen.language), [chosen.language])
  useEffect(() => {
    document.documentElement.lang = chosen.language
    document.documentElement.dataset['mode'] = chosen.mode
  }, [chosen])
  useEffect(() => {
    // Chosen in another window of this browser.
    const follow = () => setChosen({ language: language(), mode: mode() })
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }, [])
  const settings = useMemo<Settings>(
    () => ({
      ...chosen,
      choose(change) {
        if (change.language !== undefined) keepLanguage(change.language)
        if (change.mode !== undefined) keepMode(change.mode)
        setChosen(before => ({ ...before, ...change }))
      },
    }),
    [chosen],
  )
  return (
    <SettingsContext value={settings}>
      <I18nextProvider i18n={words}>
        <ConfigProvider
          csp={{ nonce }}
          theme={themeOf(chosen.mode)}
          locale={chosen.language === 'en' ? enUS : zhCN}
          button={{ autoInsertSpace: false }}
        >
          <AntApp>{children}</AntApp>
        </ConfigProvider>
      </I18nextProvider>
    </SettingsContext>
  )
}
