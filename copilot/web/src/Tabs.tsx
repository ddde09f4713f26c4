import { type KeyboardEvent, type ReactNode, useRef } from "react";

interface Tab {
  id: string;
  name: string;
  shown: () => ReactNode;
}

interface Props {
  tabs: Tab[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** Tabs as the accessibility guide wants them: arrow keys move between them, one panel is shown. */
export function Tabs({ tabs, chosen, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const current = tabs.find((t) => t.id === chosen)!;

  function move(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length]!;
    onChoose(next.id);
    list.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  }

  return (
    <>
      <div role="tablist" ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`tab-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab.id === chosen}
            aria-controls="panel"
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${chosen}`} className="panel" tabIndex={0}>
        {current.shown()}
      </div>
    </>
  );
}
