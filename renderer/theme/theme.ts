import { createTheme, Menu, Popover, Switch, Tooltip } from '@mantine/core';

/** Mantine brings behaviour (focus, roles, placement); how it looks comes from our own classes and tokens. */
export const theme = createTheme({
  cursorType: 'default',
  respectReducedMotion: true,
  defaultRadius: 'sm',
  activeClassName: '',
  components: {
    Menu: Menu.extend({
      defaultProps: {
        shadow: 'none',
        withInitialFocusPlaceholder: false,
        offset: 4,
        transitionProps: { transition: 'fade', duration: 100 },
      },
      classNames: {
        dropdown: 'menu',
        item: 'menu-item',
        label: 'menu-label',
        divider: 'menu-divider',
        itemSection: 'menu-section',
      },
    }),
    Popover: Popover.extend({
      defaultProps: { shadow: 'none', offset: 6, transitionProps: { transition: 'fade', duration: 100 } },
      classNames: { dropdown: 'popover' },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 400,
        offset: 6,
        multiline: true,
        maw: 280,
        events: { hover: true, focus: true, touch: false },
        transitionProps: { transition: 'fade', duration: 80 },
      },
      classNames: { tooltip: 'tip' },
    }),
    Switch: Switch.extend({
      defaultProps: { withThumbIndicator: false },
      classNames: { track: 'switch-track', thumb: 'switch-thumb' },
    }),
  },
});
