import logo from './logo.svg';

/** The gatehouse; below 40 px it draws itself without the planks. */
export function Logo({ size }: { readonly size: number }) {
  return <img src={logo} width={size} height={size} alt="" className="logo" draggable={false} />;
}
