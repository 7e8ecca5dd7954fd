/** Colours and sizes, held against WCAG 2.2 AA (https://www.w3.org/TR/WCAG22/) and, in elder mode, against the sizes for elders. */
import type { ThemeConfig } from 'antd'
import type { Mode } from './language.ts'

const COLOURS = {
  colorPrimary: '#0b57d0',
  // Derived ones are too pale to read while the pointer is over them.
  colorPrimaryHover: '#0842a0',
  colorPrimaryActive: '#062e6f',
  colorErrorHover: '#8c1d18',
  colorErrorActive: '#601410',
  colorLink: '#0b57d0',
  colorLinkHover: '#0842a0',
  colorInfo: '#0b57d0',
  colorSuccess: '#1e6b0a',
  // Derived ones are too pale to stand behind text.
  colorSuccessBg: '#f0f9eb',
  colorWarning: '#8a5300',
  colorWarningBg: '#fff8e6',
  colorError: '#b3261e',
  colorErrorBg: '#fdf0ef',
  colorText: '#1d2129',
  colorTextSecondary: '#4d4d4d',
  colorTextTertiary: '#595959',
  colorTextDescription: '#595959',
  colorTextPlaceholder: '#6b6b6b',
  colorTextDisabled: '#6b6b6b',
  colorBgLayout: '#f5f7fa',
}

const FONTS = {
  fontFamily: 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
}

export function themeOf(mode: Mode): ThemeConfig {
  const sizes =
    mode === 'elder'
      ? { fontSize: 20, controlHeight: 60, controlHeightSM: 60, controlHeightLG: 64, lineHeight: 1.6 }
      : { fontSize: 16, controlHeight: 44, controlHeightSM: 36, controlHeightLG: 48, lineHeight: 1.6 }
  return {
    token: { ...COLOURS, ...FONTS, ...sizes, borderRadius: 8, motion: false, wireframe: false },
    components: { Layout: { headerBg: '#ffffff', siderBg: '#ffffff' }, Button: { fontWeight: 500 } },
  }
}
