import { MantineProvider } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { type ReactNode, useLayoutEffect } from 'react';
import type { Settings } from '../../main/ipc/app-state.ts';
import { theme } from './theme.ts';

interface ThemeProviderProps {
  readonly choice: Settings['theme'];
  readonly children: ReactNode;
}

/** Light, dark or as the system says; `data-theme` on <html> selects the tokens. */
export function ThemeProvider({ choice, children }: ThemeProviderProps) {
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)', false, { getInitialValueInEffect: false });
  const scheme = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice;
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = scheme;
  }, [scheme]);
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <Notifications
        position="bottom-center"
        limit={4}
        autoClose={6000}
        containerWidth={336}
        zIndex={400}
        classNames={{ root: 'toasts' }}
      />
      {children}
    </MantineProvider>
  );
}
