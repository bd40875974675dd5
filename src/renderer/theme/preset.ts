import { definePreset } from '@primeuix/themes'
import Aura from '@primeuix/themes/aura'
import { withoutColorMix } from './withoutColorMix'

/** Ink blue: calm beside the series colours, 4.5:1 on both grounds. */
const ink = {
  50: '#eef3fb',
  100: '#dbe6f6',
  200: '#bccfee',
  300: '#93b1e3',
  400: '#6f97da',
  500: '#3766b8',
  600: '#325bab',
  700: '#294a8b',
  800: '#253f72',
  900: '#22365e',
  950: '#17233d',
}

/** Dark surfaces: neutral with a breath of blue. */
const night = {
  0: '#ffffff',
  50: '#f4f6f9',
  100: '#e6e9ef',
  200: '#cdd3dd',
  300: '#a9b2c1',
  400: '#8590a3',
  500: '#657085',
  600: '#434c5d',
  700: '#323a48',
  800: '#232a35',
  900: '#191e27',
  950: '#12161d',
}

const dense = {
  primitive: { borderRadius: { none: '0', xs: '2px', sm: '4px', md: '5px', lg: '7px', xl: '9px' } },
  semantic: {
    transitionDuration: '0.12s',
    primary: ink,
    focusRing: { width: '2px', style: 'solid', color: '{primary.color}', offset: '1px', shadow: 'none' },
    formField: {
      paddingX: '0.6rem',
      paddingY: '0.36rem',
      sm: { fontSize: '0.9rem', paddingX: '0.5rem', paddingY: '0.25rem' },
    },
    list: { option: { padding: '0.4rem 0.6rem' } },
    navigation: { item: { padding: '0.4rem 0.6rem' } },
    colorScheme: {
      light: {
        primary: { color: '{primary.500}', hoverColor: '{primary.600}', activeColor: '{primary.700}' },
        // As --text-muted in base.css: the kit's own is too faint on a tinted ground.
        text: { mutedColor: '#586372' },
      },
      dark: {
        surface: night,
        primary: {
          color: '{primary.400}',
          contrastColor: '#0d1420',
          hoverColor: '{primary.300}',
          activeColor: '{primary.200}',
        },
        formField: {
          background: '{surface.950}',
          borderColor: '{surface.600}',
          hoverBorderColor: '{surface.500}',
          color: '{surface.50}',
        },
        content: { background: '{surface.900}' },
      },
    },
  },
  components: {
    button: {
      colorScheme: {
        light: {
          outlined: { secondary: { color: '#2b3542', borderColor: '#cfd6df', hoverBackground: '#eef1f5' } },
          text: { secondary: { color: '#47525f' }, danger: { color: '#a92b2b' } },
        },
        dark: {
          outlined: { secondary: { color: '#d5dce6', borderColor: '{surface.600}', hoverBackground: '{surface.800}' } },
          text: { secondary: { color: '#bcc5d2' } },
        },
      },
      root: {
        paddingX: '0.75rem',
        paddingY: '0.4rem',
        label: { fontWeight: '550' },
        sm: { fontSize: '0.9rem', paddingX: '0.55rem', paddingY: '0.25rem' },
      },
    },
    datatable: {
      headerCell: { padding: '0.4rem 0.6rem' },
      bodyCell: { padding: '0.35rem 0.6rem' },
      columnTitle: { fontWeight: '600' },
    },
    tooltip: { root: { maxWidth: '22rem', padding: '0.45rem 0.65rem' } },
    tabs: {
      tablist: { background: 'transparent' },
      tab: { padding: '0.55rem 0.85rem', fontWeight: '550' },
      tabpanel: { padding: '0' },
    },
    togglebutton: {
      // The kit's own is too faint on the button's ground.
      colorScheme: { light: { root: { color: '#47525f' } } },
      root: { padding: '0.15rem', fontWeight: '500', sm: { padding: '0.1rem' } },
      content: { padding: '0.2rem 0.6rem', sm: { padding: '0.1rem 0.5rem' } },
    },
  },
}

const merged = definePreset(Aura, dense) as Record<string, Record<string, unknown>>

// Two tokens differ between light and dark; mixed to a few per cent, one colour does for both.
const mixable = {
  ...merged['primitive'],
  primary: { ...ink, color: ink[400] },
  surface: night,
  content: { background: night[500] },
}

export const workbenchPreset = withoutColorMix(merged, mixable)
