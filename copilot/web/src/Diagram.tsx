// The flow as boxes and arrows; a click on a box shows its lines in the editor.

import { Background, Controls, type Edge, MarkerType, type Node, Position, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import { shapeOf, sizeOf } from "./flow";
import { BOX, graphOf } from "./graph";

/** More boxes take long to lay out and nobody finds a way through them. */
const MOST_BOXES = 300;

interface Props {
  text: string;
  states: Record<string, string>;
  onPick: (line: number) => void;
}

export function Diagram({ text, states, onPick }: Props) {
  const drawn = useMemo(() => {
    const shape = shapeOf(text);
    if (!shape) return null;
    const size = sizeOf(shape);
    return size > MOST_BOXES ? size : graphOf(shape);
  }, [text]);
  if (!drawn) return <p className="quiet">The diagram appears as soon as the text can be read as YAML.</p>;
  if (typeof drawn === "number") {
    return <p className="quiet">With {drawn} tasks and triggers this flow is too large to draw; everything else works as before.</p>;
  }
  if (!drawn.boxes.length) return <p className="quiet">The flow has no tasks yet.</p>;
  const nodes = drawn.boxes.map((box): Node => ({
    id: box.id,
    position: { x: box.x, y: box.y },
    data: {
      line: box.line,
      label: (
        <>
          <strong>{box.name}</strong>
          <small>{box.type}</small>
        </>
      ),
    },
    className: `box ${box.role} ${(states[box.name] ?? "").toLowerCase()}`,
    style: BOX,
    sourcePosition: Position.Bottom,
    targetPosition: Position.Top,
    ariaLabel: `${box.role} ${box.name}${states[box.name] ? `, ${states[box.name]}` : ""}`,
  }));
  const edges = drawn.arrows.map((arrow): Edge => ({
    id: arrow.id,
    source: arrow.from,
    target: arrow.to,
    label: arrow.label,
    className: arrow.dashed ? "dashed" : "",
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
  return (
    <div className="diagram">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        fitView
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onNodeClick={(_, node) => onPick(Number(node.data.line))}
        proOptions={{ hideAttribution: true }}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
