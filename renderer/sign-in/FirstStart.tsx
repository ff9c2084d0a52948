import { GatewayForm } from './GatewayForm.tsx';
import { SignInFrame } from './SignInFrame.tsx';

/** The very first window: no gateway is known yet. */
export function FirstStart() {
  return (
    <SignInFrame
      title="Connect to your gateway"
      lead="Your platform team can tell you its address."
      foot="You can add more gateways later."
    >
      <GatewayForm />
    </SignInFrame>
  );
}
