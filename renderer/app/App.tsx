import { ExtendDialog } from '../access/ExtendDialog.tsx';
import { RequestDialog } from '../access/RequestDialog.tsx';
import { Palette } from '../palette/Palette.tsx';
import { KeysDialog } from '../shell/KeysDialog.tsx';
import { QuitDialog } from '../shell/QuitDialog.tsx';
import { Shell } from '../shell/Shell.tsx';
import { AddGatewayDialog } from '../sign-in/AddGatewayDialog.tsx';
import { Connecting } from '../sign-in/Connecting.tsx';
import { FirstStart } from '../sign-in/FirstStart.tsx';
import { GatewayGone } from '../sign-in/GatewayGone.tsx';
import { SignIn } from '../sign-in/SignIn.tsx';
import { useApp } from '../state/app-store.ts';
import { ThemeProvider } from '../theme/ThemeProvider.tsx';

/** The whole window: which face it has, and the dialogs above it. */
export function App() {
  const theme = useApp((state) => state.settings.theme);
  return (
    <ThemeProvider choice={theme}>
      <Face />
      <AddGatewayDialog />
      <QuitDialog />
    </ThemeProvider>
  );
}

function Face() {
  const gateways = useApp((state) => state.gateways.length);
  const signedIn = useApp((state) => state.me !== undefined);
  const connection = useApp((state) => state.connection);
  if (gateways === 0) return <FirstStart />;
  if (signedIn) {
    return (
      <>
        <Shell />
        <RequestDialog />
        <ExtendDialog />
        <KeysDialog />
        <Palette />
      </>
    );
  }
  switch (connection.status) {
    case 'none':
    case 'sign-in-needed':
    case 'signing-in':
      return <SignIn />;
    case 'offline':
      return <GatewayGone reason={connection.reason} since={connection.since} />;
    case 'connecting':
    case 'online':
      return <Connecting />;
    default:
      return connection satisfies never;
  }
}
