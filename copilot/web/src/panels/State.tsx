export function State({ state }: { state: string }) {
  return <span className={`badge ${state.toLowerCase()}`}>{state}</span>;
}
